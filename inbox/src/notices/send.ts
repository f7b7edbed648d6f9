import { EnvHttpProxyAgent, request } from 'undici';

import type { Settings } from '../settings';
import { bodyFor } from './chats';
import { wordsOf } from './words/words';

export type Notify = NonNullable<Settings['notify']>;

/** Why a chat has not accepted a message. Never has the URL, which is a secret. */
export type SendFailure =
	/** `retryAfter` in milliseconds. */
	| { kind: 'answered'; status: number; retryAfter?: number }
	/** `code` such as ENOTFOUND, or a word of the same kind. */
	| { kind: 'unreachable'; code: string };

const TIMEOUT_MS = 10_000;

let agent: EnvHttpProxyAgent | undefined;

/** Posts a message once; undefined if the chat accepted it. Never rejects. */
export async function send(
	{ url }: Notify,
	paragraphs: readonly string[],
	timeoutMs = TIMEOUT_MS,
): Promise<SendFailure | undefined> {
	const timeout = AbortSignal.timeout(timeoutMs);
	try {
		// Companies let their servers out through a proxy: HTTPS_PROXY and NO_PROXY count, as for other programs.
		agent ??= new EnvHttpProxyAgent({ connect: { timeout: TIMEOUT_MS } });
		const { statusCode, headers, body } = await request(url, {
			method: 'POST',
			headers: { 'content-type': 'application/json', 'user-agent': 'koeiq-inbox' },
			body: JSON.stringify(bodyFor(url, paragraphs)),
			dispatcher: agent,
			signal: timeout,
		});
		// The status has come, and that is what counts.
		await body.dump().catch(() => {});
		if (statusCode >= 200 && statusCode < 300) return undefined;
		const seconds = Number(headers['retry-after']);
		return {
			...{ kind: 'answered', status: statusCode },
			...(seconds > 0 && { retryAfter: seconds * 1000 }),
		};
	} catch (error) {
		return { kind: 'unreachable', code: timeout.aborted ? 'ETIMEDOUT' : codeOf(error) };
	}
}

/**
 * Sends a message that says it is a test.
 *
 * @returns undefined if the chat accepted it; else one sentence for a person, without the URL, in the language of the
 * notices: what went wrong, and what to do
 */
export async function sendTestNotice(notify: Notify): Promise<string | undefined> {
	const words = wordsOf(notify.language);
	const failure = await send(notify, [words.test]);
	return failure && words.notSent(failure);
}

/** Not its message: that can have the URL. */
function codeOf(error: unknown): string {
	const { code, name } = error as { code?: unknown; name?: unknown };
	return [code, name].find((one) => typeof one === 'string') ?? 'unknown';
}
