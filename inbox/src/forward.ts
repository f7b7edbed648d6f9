import type { StoredEvent } from './store/store';

/** What a target said to an event: words to show, and what they mean. */
export interface Reply {
	/** Such as `500 {"message":"Error in workflow"}`; its beginning, if it is long. */
	answer: string;
	/** `refused` holds only if the target says that it is ready: see {@link isReady}. `silent`: away, without an answer. */
	meaning: 'delivered' | 'away' | 'silent' | 'refused';
}

/** What is forwarded of an event. */
export type Forwarded = Pick<StoredEvent, 'body' | 'contentType' | 'signature'>;

const AWAY: readonly number[] = [401, 404, 429, 502, 503, 504];
/** Bytes of an answer that are read. */
const ANSWER_LIMIT = 4_096;
const SHOWN = 200;
const READY_TIMEOUT = 10_000;

/** Hands an event on to a target, and tells what its answer means. Never throws. */
export async function forward(url: string, event: Forwarded, signal: AbortSignal): Promise<Reply> {
	try {
		const { status, contentType, text } = await post(url, event, signal);
		const answer = `${status} ${text}`.trim().slice(0, SHOWN);
		return { answer, meaning: meaningOf(status, contentType) };
	} catch (error) {
		return { answer: reason(error), meaning: 'silent' };
	}
}

/** Posts an event as it came, so that the trigger checks all of it again. `text` is the beginning of the answer. */
export async function post(
	url: string,
	event: Forwarded,
	signal: AbortSignal,
): Promise<{ status: number; contentType: string; text: string }> {
	const response = await fetch(url, {
		method: 'POST',
		headers: {
			'user-agent': 'koeiq-inbox',
			'x-koeiq-signature': event.signature,
			...(event.contentType === null ? {} : { 'content-type': event.contentType }),
		},
		body: new Uint8Array(event.body),
		redirect: 'manual',
		signal,
	});
	const { status, headers } = response;
	const contentType = headers.get('content-type') ?? '';
	return { status, contentType, text: await beginning(response) };
}

/** Whether a trigger says that it can take events: one cheap GET, which starts nothing. */
export async function isReady(url: string): Promise<boolean> {
	try {
		const response = await fetch(url, {
			headers: { 'user-agent': 'koeiq-inbox' },
			redirect: 'manual',
			signal: AbortSignal.timeout(READY_TIMEOUT),
		});
		const text = await beginning(response);
		return (
			response.status === 200 && (JSON.parse(text) as { ready?: unknown } | null)?.ready === true
		);
	} catch {
		return false;
	}
}

/** n8n answers 200 with a page while it starts. */
function meaningOf(status: number, contentType: string): Reply['meaning'] {
	if (status === 200) return /^\s*text\/html\b/i.test(contentType) ? 'away' : 'delivered';
	return AWAY.includes(status) ? 'away' : 'refused';
}

/** The first bytes of an answer's body: it may be of any length, or break off. */
async function beginning(response: Response): Promise<string> {
	const chunks: Uint8Array[] = [];
	let length = 0;
	try {
		for await (const chunk of response.body ?? []) {
			chunks.push(chunk as Uint8Array);
			length += (chunk as Uint8Array).byteLength;
			if (length > ANSWER_LIMIT) break;
		}
	} catch {
		// The status has been read: that is what counts.
	}
	return Buffer.concat(chunks).toString('utf8', 0, ANSWER_LIMIT);
}

/** fetch hides what went wrong behind "fetch failed". */
export function reason(error: unknown): string {
	const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
	return (cause instanceof Error ? cause.message || cause.name : String(cause)).slice(0, SHOWN);
}
