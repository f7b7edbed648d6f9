import { createHmac } from 'crypto';

import { trimInvisible } from '../core/invisible';
import { SIGNATURE_HEADER } from '../core/signature';

/** A call of the inbox's API, described. */
export interface ApiRequest {
	method: 'GET' | 'PUT' | 'POST' | 'DELETE';
	/** Below `/api/v1`, with its query; empty is that itself. */
	path: string;
	/** JSON, in the bytes that are sent. */
	body?: Buffer;
	headers?: Record<string, string>;
	/** How long the inbox may take to answer. */
	seconds: number;
	/** A field that the inbox's answer has: what answers without it is no inbox. `undefined` if the answer may be empty. */
	answers: string | undefined;
	/** Whether a 404 can say that there is no such thing, rather than no such API. */
	mayBeMissing?: boolean;
}

const SECONDS = 10;
/** The inbox tries up to 200 stored events at the Test URL before it answers. */
const REPLAY_SECONDS = 60;

/** How long n8n itself listens for a test event. */
const LISTEN_SECONDS = 120;

/** Which program this is: changes nothing, and wants the key. */
export function identify(): ApiRequest {
	return get('', 'version');
}

/**
 * Registers a trigger's Production URL, resumes it or moves it.
 *
 * @param key of the target: the webhook id of the trigger
 * @param name the workflow's, as the inbox's page shows it
 * @param secret signs the registration, so that the inbox can tell whether its own is the same
 */
export function register(
	key: string,
	{ url, name }: { url: string; name: string },
	secret: string,
): ApiRequest {
	return {
		...put(`targets/${segment(key)}`, { url, name, mustAnswer: true }, secret),
		answers: 'key',
	};
}

/** Has the inbox keep what comes for a trigger until it is registered again. */
export function pause(key: string): ApiRequest {
	return remove(`targets/${segment(key)}`);
}

/** What a test in the editor begins with: a stored event at once, or the next one. */
export type WhenTesting = 'latest' | 'next';

/** Has the inbox send one event to a trigger's Test URL; the parameters are those of {@link register}. */
export function listen(
	key: string,
	{ url, whenTesting }: { url: string; whenTesting: WhenTesting },
	secret: string,
): ApiRequest {
	const replay = whenTesting === 'latest' ? 'latest' : 'none';
	const body = { url, replay, seconds: LISTEN_SECONDS, mustAnswer: true };
	return {
		...put(`listeners/${segment(key)}`, body, secret),
		seconds: REPLAY_SECONDS,
		answers: 'replayed',
	};
}

export function stopListening(key: string): ApiRequest {
	return remove(`listeners/${segment(key)}`);
}

/**
 * A page of events, newest first, without their bodies.
 *
 * @param filters in the API's names; one that is left out leaves nothing out
 * @param cursor of the page before
 */
export function listEvents(
	filters: Readonly<Record<string, string>>,
	limit: number,
	cursor?: string,
): ApiRequest {
	const set = { ...filters, limit: String(limit), ...(cursor === undefined ? {} : { cursor }) };
	return get(`events?${new URLSearchParams(set).toString()}`, 'events');
}

/** One event with its body, by its `delivery.id`. */
export function getEvent(id: string): ApiRequest {
	return { ...get(`events/${segment(id)}`, 'id'), mayBeMissing: true };
}

/**
 * Sends stored events again.
 *
 * @param what `id`, or `after` and `before`, and if wanted `event` and `state`; with `target` to that one alone
 */
export function sendAgain(what: Readonly<Record<string, string>>): ApiRequest {
	const body = Buffer.from(JSON.stringify(what));
	return {
		method: 'POST',
		path: 'sends',
		body,
		seconds: SECONDS,
		answers: 'events',
		mayBeMissing: true,
	};
}

function get(path: string, answers: string): ApiRequest {
	return { method: 'GET', path, seconds: SECONDS, answers };
}

function put(path: string, content: object, secret: string) {
	const body = Buffer.from(JSON.stringify(content));
	return {
		method: 'PUT' as const,
		path,
		body,
		headers: { [SIGNATURE_HEADER]: sign(body, secret) },
		seconds: SECONDS,
	};
}

function remove(path: string): ApiRequest {
	return { method: 'DELETE', path, seconds: SECONDS, answers: undefined, mayBeMissing: true };
}

/** By the secret without stray characters at its ends: each side accepts that too, however it was typed. */
function sign(body: Buffer, secret: string): string {
	return `sha256=${createHmac('sha256', trimInvisible(secret)).update(body).digest('hex')}`;
}

/** A `.` alone would be taken out of the path. */
function segment(text: string): string {
	return encodeURIComponent(text).replace(/^\.+$/, (dots) => dots.replaceAll('.', '%2E'));
}
