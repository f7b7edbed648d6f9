import { randomUUID } from 'node:crypto';

import {
	NodeApiError,
	NodeOperationError,
	type ICredentialDataDecryptedObject,
	type ICredentialsDecrypted,
	type ICredentialTestFunctions,
	type IDataObject,
	type IExecuteFunctions,
	type IHttpRequestOptions,
	type IN8nHttpFullResponse,
	type INodeCredentialTestResult,
	type INodeExecutionData,
	type INodeType,
	type INodeTypeDescription,
} from 'n8n-workflow';

import { readAnswer, type Answer, type OnDuplicate } from './upload/answer';
import { findConnectionProblem, uploadUrl, type Connection } from './upload/connection';
import { contentOf, sizeOf } from './upload/content';
import { readFields } from './upload/fields';
import { MultipartBody } from './upload/multipart';
import { describeNoAnswer } from './upload/no-answer';
import { PARAMETERS } from './upload/parameters';
import { checkFile } from './upload/recording';

/** The longest pause on the wire: n8n's own 5 minutes are short for a slow line and a server that stores 500 MB. */
const TIMEOUT_MILLISECONDS = 3_600_000;

export class KoeIq implements INodeType {
	description: INodeTypeDescription = {
		displayName: 'KoeIQ',
		name: 'koeIq',
		icon: { light: 'file:koeiq.svg', dark: 'file:koeiq.dark.svg' },
		group: ['output'],
		version: 1,
		subtitle: '={{ $parameter["operation"] + ": " + $parameter["resource"] }}',
		description:
			'Upload call recordings to KoeIQ, which transcribes and analyses them. Results come back through the KoeIQ Trigger.',
		defaults: { name: 'KoeIQ' },
		usableAsTool: true,
		// `main` by its name: before 1.85, n8n has no constant for it.
		inputs: [{ type: 'main' }],
		outputs: [{ type: 'main' }],
		credentials: [{ name: 'koeIqApi', required: true, testedBy: 'testConnection' }],
		properties: PARAMETERS,
	};

	methods = {
		credentialTest: {
			/** KoeIQ has no call that tests a key, so the message says what was checked and what was not. */
			async testConnection(
				this: ICredentialTestFunctions,
				credential: ICredentialsDecrypted,
			): Promise<INodeCredentialTestResult> {
				const problem = findConnectionProblem(toConnection(credential.data ?? {}));
				return problem === undefined
					? {
							status: 'OK',
							message:
								'The key and the URL look right. KoeIQ offers no way to test a key: your first upload shows whether it is accepted.',
						}
					: { status: 'Error', message: problem };
			},
		},
	};

	async execute(this: IExecuteFunctions): Promise<INodeExecutionData[][]> {
		const results: INodeExecutionData[] = [];
		for (const item of this.getInputData().keys()) {
			const result = await tryToUpload(this, item);
			if (!(result instanceof Error)) {
				results.push({ json: result, pairedItem: { item } });
			} else if (this.continueOnFail()) {
				results.push({ json: { error: inOneLine(result) }, pairedItem: { item } });
			} else {
				throw result;
			}
		}
		return [results];
	}
}

type UploadError = NodeApiError | NodeOperationError;

async function tryToUpload(
	context: IExecuteFunctions,
	itemIndex: number,
): Promise<IDataObject | UploadError> {
	try {
		return await upload(context, itemIndex);
	} catch (error) {
		return error instanceof NodeApiError || error instanceof NodeOperationError
			? error
			: new NodeOperationError(context.getNode(), error as Error, { itemIndex });
	}
}

/** @throws {NodeOperationError} if nothing was sent, {NodeApiError} if KoeIQ has not accepted what was */
async function upload(context: IExecuteFunctions, itemIndex: number): Promise<IDataObject> {
	const refuse = (problem: string) =>
		new NodeOperationError(context.getNode(), problem, { itemIndex });

	const connection = toConnection(await context.getCredentials('koeIqApi', itemIndex));
	const connectionProblem = findConnectionProblem(connection);
	if (connectionProblem !== undefined) throw refuse(connectionProblem);

	const callId = context.getNodeParameter('callId', itemIndex, '');
	const additionalFields = context.getNodeParameter('additionalFields', itemIndex, {});
	const read = readFields({ callId, ...additionalFields }, context.getTimezone());
	if (read.outcome === 'problem') throw refuse(read.message);

	const fieldName = context.getNodeParameter('binaryPropertyName', itemIndex);
	const binary = context.helpers.assertBinaryData(itemIndex, fieldName);
	const size = await sizeOf(context.helpers, binary);
	const checked = checkFile({ name: binary.fileName, mimeType: binary.mimeType, size });
	if (checked.outcome === 'problem') throw refuse(checked.message);

	const file = { ...checked.file, read: () => contentOf(context.helpers, binary) };
	const body = new MultipartBody(read.fields, file, randomUUID());
	const onDuplicate = context.getNodeParameter('options.onDuplicate', itemIndex, 'error');
	const expected = { callId: read.fields.call_id, onDuplicate: onDuplicate as OnDuplicate };
	const result = await send(context, connection, body).then(
		(answer) => readAnswer(answer, expected),
		describeNoAnswer,
	);
	if (result.outcome === 'item') return result.item as IDataObject;
	const { message, description, status } = result;
	throw new NodeApiError(
		context.getNode(),
		{ message },
		{ message, description, itemIndex, httpCode: status?.toString() },
	);
}

async function send(
	context: IExecuteFunctions,
	{ apiKey, baseUrl }: Connection,
	body: MultipartBody,
): Promise<Answer> {
	const request: IHttpRequestOptions = {
		method: 'POST',
		url: uploadUrl(baseUrl),
		body,
		encoding: 'text',
		headers: { accept: 'application/json' },
		// To follow a redirect, n8n would keep the whole body in memory, and send the key to another address.
		disableFollowRedirect: true,
		ignoreHttpStatusErrors: true,
		returnFullResponse: true,
		timeout: TIMEOUT_MILLISECONDS,
		abortSignal: context.getExecutionCancelSignal(),
	};
	try {
		const response: unknown = await context.helpers.httpRequestWithAuthentication.call(
			context,
			'koeIqApi',
			request,
		);
		const { statusCode, body: text } = response as IN8nHttpFullResponse;
		// A server can repeat what it was sent, and this text goes into items and errors.
		return { status: statusCode, body: asText(text).replaceAll(apiKey, '[API key]') };
	} finally {
		await body.close();
	}
}

function toConnection(data: ICredentialDataDecryptedObject): Connection {
	const { apiKey, baseUrl } = data;
	return { apiKey: asText(apiKey), baseUrl: asText(baseUrl) };
}

function asText(value: unknown): string {
	return typeof value === 'string' ? value : '';
}

/** The `error` of an item if the node continues on an error. */
function inOneLine({ message, description }: UploadError): string {
	return description ? `${message}. ${description}` : message;
}
