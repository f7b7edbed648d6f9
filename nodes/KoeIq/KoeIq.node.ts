import {
	NodeApiError,
	NodeOperationError,
	type ICredentialsDecrypted,
	type ICredentialTestFunctions,
	type IDataObject,
	type IExecuteFunctions,
	type INodeCredentialTestResult,
	type INodeExecutionData,
	type INodeType,
	type INodeTypeDescription,
} from 'n8n-workflow';

import { INBOX_TEST } from './inbox/call';
import { runEvent } from './inbox/event';
import { EVENT_PARAMETERS } from './inbox/parameters';
import { findConnectionProblem } from './upload/connection';
import { PARAMETERS as RECORDING_PARAMETERS } from './upload/parameters';
import { toConnection, upload } from './upload/upload';

export class KoeIq implements INodeType {
	description: INodeTypeDescription = {
		displayName: 'KoeIQ',
		name: 'koeIq',
		icon: { light: 'file:koeiq.svg', dark: 'file:koeiq.dark.svg' },
		group: ['output'],
		version: 1,
		subtitle: '={{ $parameter["operation"] + ": " + $parameter["resource"] }}',
		description:
			'Upload call recordings to KoeIQ, which transcribes and analyzes them, and look up what KoeIQ has reported about calls',
		defaults: { name: 'KoeIQ' },
		usableAsTool: true,
		// `main` by its name: before 1.85, n8n has no constant for it.
		inputs: [{ type: 'main' }],
		outputs: [{ type: 'main' }],
		credentials: [
			{
				name: 'koeIqApi',
				required: true,
				testedBy: 'testConnection',
				displayOptions: { show: { resource: ['recording'] } },
			},
			{
				name: 'koeIqInboxApi',
				required: true,
				testedBy: 'testInbox',
				displayOptions: { show: { resource: ['event'] } },
			},
		],
		properties: [
			{
				displayName: 'Resource',
				name: 'resource',
				type: 'options',
				noDataExpression: true,
				options: [
					{ name: 'Event', value: 'event' },
					{ name: 'Recording', value: 'recording' },
				],
				default: 'recording',
			},
			...RECORDING_PARAMETERS,
			...EVENT_PARAMETERS,
		],
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
								'KoeIQ can’t validate keys, so n8n checks only the format, which is right. Your first upload shows whether KoeIQ accepts the key.',
						}
					: { status: 'Error', message: problem };
			},
			...INBOX_TEST,
		},
	};

	async execute(this: IExecuteFunctions): Promise<INodeExecutionData[][]> {
		const results: INodeExecutionData[] = [];
		for (const item of this.getInputData().keys()) {
			const result = await tryToRun(this, item);
			if (!(result instanceof Error)) {
				for (const json of result) results.push({ json, pairedItem: { item } });
			} else if (this.continueOnFail()) {
				results.push({ json: { error: inOneLine(result) }, pairedItem: { item } });
			} else {
				throw result;
			}
		}
		return [results];
	}
}

type NodeError = NodeApiError | NodeOperationError;

/** What becomes of one item. */
async function tryToRun(
	context: IExecuteFunctions,
	itemIndex: number,
): Promise<IDataObject[] | NodeError> {
	try {
		return context.getNodeParameter('resource', itemIndex) === 'event'
			? await runEvent(context, itemIndex)
			: [await upload(context, itemIndex)];
	} catch (error) {
		return error instanceof NodeApiError || error instanceof NodeOperationError
			? error
			: new NodeOperationError(context.getNode(), error as Error, { itemIndex });
	}
}

/** The `error` of an item if the node continues on an error. */
function inOneLine({ message, description }: NodeError): string {
	return description ? `${message}. ${description}` : message;
}
