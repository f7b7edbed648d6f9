import type { StoredEvent } from '../store/store';

export type UrlAnswer =
	| { outcome: 'noUrl' }
	| { outcome: 'unreachable'; reason: string }
	/** `body`: the beginning of it. */
	| { outcome: 'answered'; status: number; milliseconds: number; body: string };

/** A workflow that answers when it has finished may take its time. */
const PATIENCE = 60_000;
const MOST_BYTES = 4096;

/** Posts an event once, as KoeIQ did, to a URL that somebody typed. */
export async function sendTo(
	url: string,
	{ body, contentType, signature }: StoredEvent,
): Promise<UrlAnswer> {
	if (!isHttp(url)) return { outcome: 'noUrl' };
	const startedAt = performance.now();
	try {
		const response = await fetch(url, {
			method: 'POST',
			body,
			headers: {
				...(contentType !== null && { 'content-type': contentType }),
				'x-koeiq-signature': signature,
			},
			redirect: 'manual',
			signal: AbortSignal.timeout(PATIENCE),
		});
		const beginning = await readBeginning(response);
		const milliseconds = Math.round(performance.now() - startedAt);
		return { outcome: 'answered', status: response.status, milliseconds, body: beginning };
	} catch (error) {
		return { outcome: 'unreachable', reason: reasonOf(error) };
	}
}

function isHttp(url: string): boolean {
	const protocol = URL.parse(url)?.protocol;
	return protocol === 'http:' || protocol === 'https:';
}

async function readBeginning({ body }: Response): Promise<string> {
	const stream: AsyncIterable<Uint8Array> | Uint8Array[] = body ?? [];
	const chunks: Uint8Array[] = [];
	let size = 0;
	// Leaving the loop early cancels the rest.
	for await (const chunk of stream) {
		chunks.push(chunk);
		size += chunk.length;
		if (size >= MOST_BYTES) break;
	}
	return Buffer.concat(chunks).subarray(0, MOST_BYTES).toString();
}

/** What fetch says is "fetch failed"; why is in its cause. */
function reasonOf(error: unknown): string {
	const { cause = error } = error as { cause?: unknown };
	return cause instanceof Error ? cause.message || cause.name : String(cause);
}
