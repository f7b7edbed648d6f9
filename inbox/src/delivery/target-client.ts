import { Readable } from 'node:stream';

import { Agent, request } from 'undici';

import { describe, type Readiness, type Reply } from './policy';

/** What is sent of an event. */
export interface Message {
	body: Buffer;
	contentType: string | null;
	signature: string;
}

/** A target as a worker sees it. Neither call ever throws. */
export interface TargetClient {
	/** @param onSent called once the body has left, and need not be in memory any more */
	post(message: Message, signal: AbortSignal, onSent?: () => void): Promise<Reply>;
	/** One cheap GET, which starts nothing. */
	probe(): Promise<Readiness>;
}

const CONNECT_TIMEOUT_MS = 10_000;
const PROBE_TIMEOUT_MS = 10_000;
/** Between two parts of an answer: its status has come by then. */
const BODY_TIMEOUT_MS = 10_000;
/** Bytes of an answer that are read. */
const ANSWER_LIMIT = 4_096;
const CHUNK = 64 * 1024;

/** How long an answer may take is the worker's to say. */
const agent = new Agent({
	headersTimeout: 0,
	bodyTimeout: BODY_TIMEOUT_MS,
	connect: { timeout: CONNECT_TIMEOUT_MS },
});

/** A KoeIQ Trigger at a URL. */
export function createTargetClient(url: string): TargetClient {
	return {
		post: async (message, signal, onSent) => {
			try {
				return { kind: 'answered', ...(await post(url, message, signal, onSent)) };
			} catch (error) {
				const reason = describeError(signal.aborted ? signal.reason : error);
				return { kind: isUnreachable(error) ? 'unreachable' : 'broken', reason };
			}
		},
		probe: async () => await probe(url),
	};
}

/** Posts an event as it came, so that the trigger checks all of it again. */
export async function post(
	url: string,
	{ body, contentType, signature }: Message,
	signal: AbortSignal,
	onSent: () => void = () => {},
): Promise<{ status: number; contentType: string; text: string; retryAfter?: number }> {
	const type = readableContentType(contentType);
	const {
		statusCode,
		headers,
		body: answer,
	} = await request(url, {
		method: 'POST',
		headers: {
			'user-agent': 'koeiq-inbox',
			'x-koeiq-signature': signature,
			'content-length': String(body.length),
			...(type === null ? {} : { 'content-type': type }),
		},
		body: toStream(body, onSent),
		dispatcher: agent,
		signal,
	});
	const retryAfter = readRetryAfter(headers['retry-after']);
	return {
		status: statusCode,
		contentType: String(headers['content-type'] ?? ''),
		text: await beginning(answer),
		...(retryAfter !== undefined && { retryAfter }),
	};
}

async function probe(url: string): Promise<Readiness> {
	try {
		const { statusCode, headers, body } = await request(url, {
			headers: { 'user-agent': 'koeiq-inbox' },
			dispatcher: agent,
			signal: AbortSignal.timeout(PROBE_TIMEOUT_MS),
		});
		const text = await beginning(body);
		if (statusCode === 200 && saysReady(text)) return { isReady: true };
		const retryAfter = readRetryAfter(headers['retry-after']);
		const contentType = String(headers['content-type'] ?? '');
		const answer = describe({ kind: 'answered', status: statusCode, contentType, text });
		return { isReady: false, answer, ...(retryAfter !== undefined && { retryAfter }) };
	} catch (error) {
		return { isReady: false, answer: describeError(error) };
	}
}

function saysReady(text: string): boolean {
	try {
		return (JSON.parse(text) as { ready?: unknown } | null)?.ready === true;
	} catch {
		return false;
	}
}

/** A small body goes out at once; of a large one, nothing is kept once it has left. */
function toStream(body: Buffer, onSent: () => void): Buffer | Readable {
	return body.length <= CHUNK ? body : Readable.from(chunks(body, onSent), { highWaterMark: 1 });
}

async function* chunks(body: Buffer, onSent: () => void): AsyncGenerator<Buffer> {
	for (let start = 0; start < body.length; start += CHUNK)
		yield body.subarray(start, start + CHUNK);
	onSent();
}

/** The first bytes of an answer's body: it may be of any length, or break off. */
async function beginning(body: AsyncIterable<Buffer>): Promise<string> {
	const parts: Buffer[] = [];
	let length = 0;
	try {
		for await (const part of body) {
			parts.push(part);
			length += part.length;
			if (length > ANSWER_LIMIT) break;
		}
	} catch {
		// The status has been read: that is what counts.
	}
	return Buffer.concat(parts).toString('utf8', 0, ANSWER_LIMIT);
}

/**
 * A Content-Type under which n8n leaves the bytes alone: it answers 422 to a charset that it does not know, and takes
 * XML and forms apart, though what is signed is JSON in UTF-8.
 */
function readableContentType(contentType: string | null): string | null {
	if (contentType === null) return null;
	const [mediaType = ''] = contentType.split(';');
	if (!/^\s*(?:application\/json|text\/plain)\s*$/i.test(mediaType))
		return 'application/octet-stream';
	const [, charset = 'utf-8'] = /;\s*charset\s*=\s*"?([^";]*)/i.exec(contentType) ?? [];
	return /^utf-?8$/i.test(charset.trim()) ? contentType : mediaType.trim();
}

/** Seconds, or a date. In milliseconds; undefined if it is neither. */
function readRetryAfter(value: string | string[] | undefined): number | undefined {
	if (typeof value !== 'string') return undefined;
	if (/^\d+$/.test(value.trim())) return Number(value) * 1000;
	const date = Date.parse(value);
	return Number.isNaN(date) ? undefined : Math.max(0, date - Date.now());
}

const UNREACHABLE = [
	...['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH', 'EHOSTDOWN'],
	...['ETIMEDOUT', 'UND_ERR_CONNECT_TIMEOUT'],
];

function isUnreachable(error: unknown): boolean {
	return error instanceof Error && 'code' in error && UNREACHABLE.includes(String(error.code));
}

/** Its innermost cause, in words. */
export function describeError(error: unknown): string {
	const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
	if (!(cause instanceof Error)) return String(cause);
	const code = 'code' in cause ? String(cause.code) : cause.name;
	return cause.message === '' ? code : cause.message;
}
