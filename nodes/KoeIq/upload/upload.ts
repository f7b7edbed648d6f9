import { randomUUID } from 'node:crypto';

import {
	NodeApiError,
	NodeOperationError,
	type ICredentialDataDecryptedObject,
	type IDataObject,
	type IExecuteFunctions,
	type IHttpRequestOptions,
	type IN8nHttpFullResponse,
} from 'n8n-workflow';

import { trimInvisible } from '../core/invisible';
import { readAnswer, type Answer, type OnDuplicate } from './answer';
import { findConnectionProblem, uploadUrl, type Connection } from './connection';
import { contentOf, sizeOf } from './content';
import { readFields } from './fields';
import { MultipartBody } from './multipart';
import { describeNoAnswer } from './no-answer';
import { checkFile } from './recording';

/** From the beginning to KoeIQ's answer, in n8n 2.41 and 1.123: n8n's own 5 minutes are short for 500 MB on a slow line. */
const TIMEOUT_MILLISECONDS = 3_600_000;

/**
 * The KoeIQ node's Recording → Upload, for one item.
 *
 * @throws {NodeOperationError} if nothing was sent, {NodeApiError} if KoeIQ has not accepted what was
 */
export async function upload(context: IExecuteFunctions, itemIndex: number): Promise<IDataObject> {
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

/** The credential's values, without what came along with a paste. */
export function toConnection(data: ICredentialDataDecryptedObject): Connection {
	const { apiKey, baseUrl } = data;
	return { apiKey: trimInvisible(asText(apiKey)), baseUrl: trimInvisible(asText(baseUrl)) };
}

function asText(value: unknown): string {
	return typeof value === 'string' ? value : '';
}
