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
	'Check that the inbox runs, and the URL in the KoeIQ Inbox API credential. From within Docker it is the service’s name, such as http://inbox:8081, not localhost.';
const DIFFERENT_SECRET =
	'Paste the secret from KoeIQ (Admin → Settings → Webhook Settings) into the KoeIQ Webhook API credential of this trigger, and into INBOX_WEBHOOK_SECRET.';

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
	// The port that KoeIQ calls answers 401 and 404 too.
	if (sentence === undefined || status === 401 || status === 404) {
		return failed(`What answers at ${url} is not the inbox’s API`, NO_INBOX);
	}
	if (sentence === DIFFERS) return failed(sentence, DIFFERENT_SECRET);
	return failed(`The inbox refuses: ${sentence}`, '');
}

/** By the code of Node's error. */
const CAUSES: Array<[codes: RegExp, reason: string]> = [
	[/^(ENOTFOUND|EAI_AGAIN)$/, 'no such host'],
	[/^(ECONNREFUSED|EHOSTUNREACH|ENETUNREACH)$/, 'no connection'],
	[/^(ETIMEDOUT|ECONNABORTED|ESOCKETTIMEDOUT)$/, 'no answer in time'],
	[/CERT|TLS|SSL|SIGNATURE|EPROTO/, 'no secure connection'],
	[/^(ECONNRESET|EPIPE)$/, 'the connection broke off'],
	[/^ERR_CANCELED$/, 'the execution was stopped'],
];

/**
 * Why no answer came. In words, without the code: n8n puts a sentence of its own in the place of a message that holds
 * one. Nothing else of the error is used: it holds the API key.
 */
export function describeNoAnswer(error: unknown, url: string): Failure {
	const { code } = rootCause(error);
	const [, reason] = CAUSES.find(([codes]) => codes.test(code)) ?? [undefined, 'the call failed'];
	return {
		outcome: 'failed',
		message: `Nothing answers at ${url}: ${reason}`,
		description: UNREACHABLE,
	};
}

function parse(body: string): Envelope | undefined {
	try {
		const value = JSON.parse(body) as Json;
		return isObject(value) ? value : undefined;
	} catch {
		return undefined;
	}
}
