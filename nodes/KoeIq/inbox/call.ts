import type {
	IExecuteFunctions,
	IHookFunctions,
	IHttpRequestOptions,
	IN8nHttpFullResponse,
} from 'n8n-workflow';

import { trimInvisible } from '../core/invisible';
import { describeNoAnswer, readAnswer, type Outcome } from './answers';
import { apiUrl, type Connection } from './connection';
import type { ApiRequest } from './requests';

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
		const { statusCode: status, body } = response as IN8nHttpFullResponse;
		// A server can repeat what it was sent, and this text goes into errors.
		const text = asText(body).replaceAll(apiKey, '[API key]');
		return readAnswer({ status, body: text }, call, url);
	} catch (error) {
		return describeNoAnswer(error, url);
	}
}

/** The values of the node's credential. */
export async function readConnection(
	context: IExecuteFunctions | IHookFunctions,
	itemIndex?: number,
): Promise<Connection> {
	const { url, apiKey, n8nUrl } = await context.getCredentials(INBOX_CREDENTIAL, itemIndex);
	return { url: asTyped(url), apiKey: asTyped(apiKey), n8nUrl: asTyped(n8nUrl) };
}

/** Without what came along with a paste. */
function asTyped(value: unknown): string {
	return trimInvisible(asText(value));
}

function asText(value: unknown): string {
	return typeof value === 'string' ? value : '';
}
