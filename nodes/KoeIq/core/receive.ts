import { hash } from 'crypto';

import { classify, OTHER, type Envelope, type Issue, type Json, type Kind } from './events';
import {
	isSet,
	readDigest,
	SIGNATURE_HEADER,
	verify,
	type Secrets,
	type SignedWith,
} from './signature';
import { parseTimestamp } from './timestamp';

/** One HTTP request, each part read only when its turn has come. */
export interface Request {
	/** Names and values in turn, as Node's `rawHeaders`: a header that was sent twice is there twice. */
	rawHeaders: readonly string[];
	/** Rejects, or leaves `current` blank, where no secret is set. */
	secrets(): Promise<Partial<Secrets>>;
	/** The raw bytes; rejects with an error whose `statusCode` is 413 where they are over the host's limit. */
	body(): Promise<Uint8Array>;
	options(): Options;
	/** Milliseconds since the epoch. */
	receivedAt: number;
}

/** What the user chose in the node's panel. */
export interface Options {
	events: readonly string[];
	simplify: boolean;
	/** The most seconds that `timestamp` may differ from now, either way; 0 is off. */
	maxAgeSeconds: number;
}

/** What the trigger adds to every item. */
export type Delivery = {
	/** SHA-256 of the raw body in hex: the same for a redelivery of the same bytes. */
	id: string;
	/** ISO 8601, UTC. */
	received_at: string;
	signed_with: Exclude<SignedWith, 'none'>;
	issues: Issue[];
};

export type Item = Envelope & { delivery: Delivery };

/** An answer to KoeIQ that starts no execution. */
export interface Answer {
	status: number;
	body: Readonly<Record<string, string | boolean>>;
}

export type Outcome =
	{ outcome: 'accepted'; kind: Kind; item: Item } | ({ outcome: 'ignored' } & Answer) | Refusal;

export type Refusal = {
	outcome: 'refused';
	/** For the operator's log, more than the sender is told; nothing of the request is in it. */
	reason: string;
} & Answer;

/**
 * A request's way, in the order of the contract: the first that applies answers.
 * Nothing costs before the signature is well-formed, and nothing is parsed before it is verified.
 * Rejects where `options` throws, and never else.
 */
export async function receive(request: Request): Promise<Outcome> {
	const signatures = headerValues(request.rawHeaders, SIGNATURE_HEADER);
	const digest = readDigest(signatures);
	if (digest === undefined) {
		if (signatures.length === 0) return MISSING_SIGNATURE;
		return signatures.length > 1 ? REPEATED_SIGNATURE : MALFORMED_SIGNATURE;
	}

	if (isMultipart(request.rawHeaders)) return UNSUPPORTED_CONTENT_TYPE;

	let secrets: Partial<Secrets>;
	try {
		secrets = await request.secrets();
	} catch {
		return NO_CREDENTIAL;
	}
	const { current, previous } = secrets;
	if (!isSet(current)) return BLANK_SECRET;

	let body: Uint8Array;
	try {
		body = await request.body();
	} catch (error) {
		return isTooLarge(error) ? PAYLOAD_TOO_LARGE : UNREADABLE_BODY;
	}

	const signedWith = verify(body, digest, { current, previous });
	if (signedWith === 'none') return WRONG_SIGNATURE;

	const envelope = parseObject(body);
	if (envelope === undefined) return NOT_AN_OBJECT;

	const options = request.options();
	if (isOutsideWindow(envelope.timestamp, request.receivedAt, options.maxAgeSeconds)) {
		return OUTSIDE_WINDOW;
	}

	const { kind, issues } = classify(envelope);
	if (!options.events.includes(kind)) return NOT_SELECTED;

	const delivery: Delivery = {
		id: hash('sha256', body, 'hex'),
		received_at: new Date(request.receivedAt).toISOString(),
		signed_with: signedWith,
		issues,
	};
	const fields = options.simplify && kind !== OTHER.name ? simplify(envelope) : envelope;
	return { outcome: 'accepted', kind, item: Object.assign(fields, { delivery }) };
}

const INVALID_SIGNATURE = 'Invalid signature';
const MISSING_SIGNATURE = refusal(401, INVALID_SIGNATURE, 'it has no X-KoeIQ-Signature header');
const REPEATED_SIGNATURE = refusal(
	401,
	INVALID_SIGNATURE,
	'it has more than one X-KoeIQ-Signature header',
);
const MALFORMED_SIGNATURE = refusal(
	401,
	INVALID_SIGNATURE,
	'its X-KoeIQ-Signature is not sha256= and 64 hex digits',
);
const WRONG_SIGNATURE = refusal(
	401,
	INVALID_SIGNATURE,
	'its signature fits neither secret: the secret differs from the one in KoeIQ, the body was changed on the way, or it is forged',
);
const UNSUPPORTED_CONTENT_TYPE = refusal(
	415,
	'Unsupported content type',
	'it is a multipart form, of which the signed bytes are gone',
);
const NOT_CONFIGURED = 'Webhook secret is not configured';
const NO_CREDENTIAL = refusal(500, NOT_CONFIGURED, 'the credential is missing or cannot be read');
const BLANK_SECRET = refusal(500, NOT_CONFIGURED, 'the webhook secret in the credential is blank');
const PAYLOAD_TOO_LARGE = refusal(
	413,
	'Payload too large',
	'its body is over the limit of n8n (N8N_PAYLOAD_SIZE_MAX)',
);
const UNREADABLE_BODY = refusal(
	400,
	'Body could not be read',
	'its body broke off, or is not the gzip or deflate that it claims to be',
);
const NOT_AN_OBJECT = refusal(
	400,
	'Body is not a JSON object',
	'it is signed, but its body is not a JSON object',
);
const OUTSIDE_WINDOW = refusal(
	401,
	'Timestamp outside the allowed window',
	'it is signed, but its timestamp is missing or outside Maximum Age',
);
const NOT_SELECTED: Outcome = {
	outcome: 'ignored',
	status: 200,
	body: { received: true, ignored: true },
};

function refusal(status: number, error: string, reason: string): Refusal {
	return { outcome: 'refused', status, body: { error }, reason };
}

function headerValues(rawHeaders: readonly string[], name: string): string[] {
	return rawHeaders.filter((_, i) => i % 2 === 1 && rawHeaders[i - 1]?.toLowerCase() === name);
}

/** The host has taken a form apart: its raw bytes are gone, so nothing is left to verify. */
function isMultipart(rawHeaders: readonly string[]): boolean {
	const [contentType = ''] = headerValues(rawHeaders, 'content-type');
	const [mediaType = ''] = contentType.split(';');
	return mediaType.trim().toLowerCase() === 'multipart/form-data';
}

function isTooLarge(error: unknown): boolean {
	return error instanceof Error && 'statusCode' in error && error.statusCode === 413;
}

const utf8 = new TextDecoder('utf-8', { fatal: true });

/** Bytes to a JSON object; `undefined` for what is not UTF-8 (a BOM is dropped), not JSON, or no object. */
function parseObject(body: Uint8Array): Envelope | undefined {
	try {
		const value = JSON.parse(utf8.decode(body)) as Json;
		return isObject(value) ? value : undefined;
	} catch {
		return undefined;
	}
}

function isObject(value: Json | undefined): value is Envelope {
	return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isOutsideWindow(timestamp: Json | undefined, now: number, maxAgeSeconds: number): boolean {
	if (maxAgeSeconds === 0) return false;
	const sentAt = parseTimestamp(timestamp);
	return sentAt === undefined || !(Math.abs(now - sentAt) <= maxAgeSeconds * 1000);
}

/** Lifts the fields of `data` to the top; the envelope wins a clash of names. */
function simplify({ data, ...envelope }: Envelope): Envelope {
	return { ...(isObject(data) ? data : {}), ...envelope };
}
