import { isObject } from '../core/authenticate';
import { cut } from '../core/brief';
import type { Envelope, Json } from '../core/events';
import { rootCause } from '../core/root-cause';
import type { ApiRequest } from './requests';

/** The inbox's HTTP answer, as it came. */
export interface Answer {
	status: number;
	body: string;
}

/** Why a call came to nothing: what it means, and what to do. */
export interface Failure {
	outcome: 'failed';
	message: string;
	description: string;
	/** The HTTP status, if anything answered. */
	status?: number;
}

export type Outcome =
	| { outcome: 'answered'; body: Envelope }
	/** There is no such event, target or listener; the message is the inbox's. */
	| { outcome: 'missing'; message: string }
	| Failure;

const DETAIL_LENGTH = 500;

/** What the inbox says of a wrong API key, and of a registration by another secret. */
const NOT_VALID = 'The API key is not valid';
const DIFFERS = "The webhook secret differs from the inbox's";

const WRONG_KEY = 'Paste INBOX_API_KEY of the inbox into the KoeIQ Inbox API credential.';
const NO_INBOX =
	'Check the URL in the KoeIQ Inbox API credential: it is that of the inbox’s admin port (INBOX_ADMIN_PORT), not of the port that KoeIQ calls. The API is on only if INBOX_API_KEY is set for the inbox.';
const UNREACHABLE =
	'Check that the inbox runs, that INBOX_ADMIN_PORT is set for it, and the URL in the KoeIQ Inbox API credential. In Docker, localhost is n8n’s own container: the host is the name of the inbox’s service, such as http://inbox:8081.';
const DIFFERENT_SECRET =
	'Compare both with the secret in KoeIQ (Admin → Settings → Webhook Settings), and correct the one that differs: that of the KoeIQ Webhook API credential, or INBOX_WEBHOOK_SECRET of the inbox.';

/**
 * What an answer to a call means.
 *
 * @param url of the inbox, as it was typed
 */
export function readAnswer(
	{ status, body }: Answer,
	{ answers, mayBeMissing = false }: ApiRequest,
	url: string,
): Outcome {
	const failed = (message: string, description: string): Failure => ({
		outcome: 'failed',
		message: `${message} (${status})`,
		description,
		status,
	});
	const answer = parse(body);
	if (status >= 200 && status < 300) {
		if (answers === undefined) return { outcome: 'answered', body: answer ?? {} };
		if (answer !== undefined && answers in answer) return { outcome: 'answered', body: answer };
		return failed(`What answers at ${url} is not the inbox’s API`, NO_INBOX);
	}
	const sentence = typeof answer?.error === 'string' ? cut(answer.error, DETAIL_LENGTH) : undefined;
	if (sentence === NOT_VALID) {
		return failed(`The inbox at ${url} does not accept the API key`, WRONG_KEY);
	}
	if (status === 404 && mayBeMissing && sentence !== undefined) {
		return { outcome: 'missing', message: sentence };
	}
	if (sentence === undefined && [502, 503, 504].includes(status)) {
		return failed(`A proxy answers at ${url}, and reaches no inbox`, 'Check that the inbox runs.');
	}
	// The port that KoeIQ calls answers 401 and 404 too.
	if (sentence === undefined || status === 401 || status === 404) {
		return failed(`What answers at ${url} is not the inbox’s API`, NO_INBOX);
	}
	if (sentence === DIFFERS) return failed(sentence, DIFFERENT_SECRET);
	return failed(`The inbox rejects this: ${sentence}`, '');
}

/** By the code of Node's error: what happened, and what to do. */
const CAUSES: Array<[codes: RegExp, message: (url: string) => string, advice: string]> = [
	[
		/^(ENOTFOUND|EAI_AGAIN)$/,
		(url) => `n8n cannot find the host of ${url}`,
		'Check the host in the URL of the KoeIQ Inbox API credential. In Docker it is the name of the inbox’s service, such as http://inbox:8081, and n8n and the inbox must share a network.',
	],
	[/^(ECONNREFUSED|EHOSTUNREACH|ENETUNREACH)$/, (url) => `Nothing answers at ${url}`, UNREACHABLE],
	[
		/^(ETIMEDOUT|ECONNABORTED|ESOCKETTIMEDOUT)$/,
		(url) => `Nothing answered at ${url} in time`,
		`${UNREACHABLE} A firewall may be in between.`,
	],
	[/^HPE_/, (url) => `What answers at ${url} is not the inbox’s API`, NO_INBOX],
	[
		/CERT|TLS|SSL|SIGNATURE|EPROTO/,
		(url) => `n8n cannot make a secure connection to ${url}`,
		'The inbox’s admin port speaks http, so its URL begins with http:// in the KoeIQ Inbox API credential. If a proxy with https is in front of it, n8n must trust the proxy’s certificate (NODE_EXTRA_CA_CERTS).',
	],
	[/^(ECONNRESET|EPIPE)$/, (url) => `The connection to ${url} broke off`, UNREACHABLE],
	[/^ERR_CANCELED$/, (url) => `The call to ${url} was canceled`, 'The execution was stopped.'],
];

/** n8n's own words if its administrator has turned on that protection: an inbox mostly has a private address. */
const IS_BLOCKED = /^The request was blocked/;

/**
 * Why no answer came. In words, without the code: n8n puts a sentence of its own in the place of a message that holds
 * one. Nothing else of the error is used: it holds the API key.
 */
export function describeNoAnswer(error: unknown, url: string): Failure {
	const { code, message: original } = rootCause(error);
	if (IS_BLOCKED.test(original)) {
		return {
			outcome: 'failed',
			message: `n8n does not allow calls to ${url}`,
			description:
				'Its SSRF protection blocks this address. Add the host of the inbox to N8N_SSRF_ALLOWED_HOSTNAMES of n8n.',
		};
	}
	const [, describe, description] = CAUSES.find(([codes]) => codes.test(code)) ?? [
		undefined,
		() => `n8n could not call the inbox at ${url}`,
		UNREACHABLE,
	];
	return { outcome: 'failed', message: describe(url), description };
}

/** For a place where n8n shows no description beside the message. */
export function inOneText({ message, description }: Failure): string {
	return `${message}. ${description}`.trim();
}

function parse(body: string): Envelope | undefined {
	try {
		const value = JSON.parse(body) as Json;
		return isObject(value) ? value : undefined;
	} catch {
		return undefined;
	}
}
