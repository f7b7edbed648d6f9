import type {
	ICredentialDataDecryptedObject,
	ICredentialsDecrypted,
	ICredentialTestFunctions,
	IExecuteFunctions,
	IHookFunctions,
	IHttpRequestOptions,
	IN8nHttpFullResponse,
	INodeCredentialTestResult,
} from 'n8n-workflow';

import { trimInvisible } from '../core/invisible';
import { describeNoAnswer, inOneText, readAnswer, type Outcome } from './answers';
import { apiUrl, findConnectionProblem, type Connection } from './connection';
import { identify, type ApiRequest } from './requests';

const INBOX_CREDENTIAL = 'koeIqInboxApi';

/**
 * One call of the inbox's API by n8n's HTTP client, which adds the key. Never throws.
 *
 * @param isLate n8n has been answered, and its expressions, which add the key, are gone: it is added here
 */
export async function callInbox(
	context: IExecuteFunctions | IHookFunctions,
	{ url, apiKey }: Connection,
	call: ApiRequest,
	isLate = false,
): Promise<Outcome> {
	const request: IHttpRequestOptions = {
		method: call.method,
		url: apiUrl(url, call.path),
		headers: { accept: 'application/json', ...call.headers },
		encoding: 'text',
		// Or n8n would send the key to another address.
		disableFollowRedirect: true,
		ignoreHttpStatusErrors: true,
		returnFullResponse: true,
		timeout: call.seconds * 1000,
	};
	if (call.body !== undefined) {
		request.body = call.body;
		request.headers = { ...request.headers, 'content-type': 'application/json' };
	}
	try {
		const response: unknown = isLate
			? await context.helpers.httpRequest({
					...request,
					headers: { ...request.headers, Authorization: `Bearer ${trimInvisible(apiKey)}` },
				})
			: await context.helpers.httpRequestWithAuthentication.call(
					context,
					INBOX_CREDENTIAL,
					request,
				);
		return toOutcome(response as IN8nHttpFullResponse, call, { url, apiKey });
	} catch (error) {
		return describeNoAnswer(error, url);
	}
}

/**
 * The test of the credential, for each node that uses it: one call that changes nothing. If nothing answers, a test that
 * n8n makes from a description would show no more than a code, such as ECONNREFUSED.
 */
export const INBOX_TEST = {
	async testInbox(
		this: ICredentialTestFunctions,
		{ data = {} }: ICredentialsDecrypted,
	): Promise<INodeCredentialTestResult> {
		const connection = toConnection(data);
		const problem = findConnectionProblem(connection);
		if (problem !== undefined) return { status: 'Error', message: problem };
		const outcome = await identifyInbox(this, connection);
		return outcome.outcome === 'failed'
			? { status: 'Error', message: inOneText(outcome) }
			: { status: 'OK', message: 'The inbox answers and accepts the API key.' };
	},
};

/** By the only HTTP client that n8n gives to the test of a credential. Never throws. */
async function identifyInbox(
	{ helpers }: ICredentialTestFunctions,
	{ url, apiKey }: Connection,
): Promise<Outcome> {
	const call = identify();
	try {
		const response: unknown = await helpers.request({
			method: call.method,
			uri: apiUrl(url, call.path),
			headers: { accept: 'application/json', Authorization: `Bearer ${apiKey}` },
			followRedirect: false,
			simple: false,
			resolveWithFullResponse: true,
			timeout: call.seconds * 1000,
		});
		return toOutcome(response as IN8nHttpFullResponse, call, { url, apiKey });
	} catch (error) {
		return describeNoAnswer(error, url);
	}
}

/** The values of the node's credential. */
export async function readConnection(
	context: IExecuteFunctions | IHookFunctions,
	itemIndex?: number,
): Promise<Connection> {
	return toConnection(await context.getCredentials(INBOX_CREDENTIAL, itemIndex));
}

function toConnection({ url, apiKey, n8nUrl }: ICredentialDataDecryptedObject): Connection {
	return { url: asTyped(url), apiKey: asTyped(apiKey), n8nUrl: asTyped(n8nUrl) };
}

function toOutcome(
	{ statusCode: status, body }: IN8nHttpFullResponse,
	call: ApiRequest,
	{ url, apiKey }: Pick<Connection, 'url' | 'apiKey'>,
): Outcome {
	// A server can repeat what it was sent, and this text goes into errors.
	const text = asText(body).replaceAll(apiKey, '[API key]');
	return readAnswer({ status, body: text }, call, url);
}

/** Without what came along with a paste. */
function asTyped(value: unknown): string {
	return trimInvisible(asText(value));
}

function asText(value: unknown): string {
	return typeof value === 'string' ? value : '';
}
