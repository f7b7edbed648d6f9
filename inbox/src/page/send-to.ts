import { describeError, post, type Message } from '../delivery/target-client';

export type UrlAnswer =
	| { outcome: 'noUrl' }
	| { outcome: 'unreachable'; reason: string }
	/** `text`: the beginning of it. */
	| { outcome: 'answered'; status: number; milliseconds: number; text: string };

/** Milliseconds. A workflow that answers when it has finished may need some. */
const PATIENCE = 60_000;

/** Posts an event once, as KoeIQ did, to a URL that somebody typed. Never throws. */
export async function sendTo(url: string, event: Message): Promise<UrlAnswer> {
	if (!isHttp(url)) return { outcome: 'noUrl' };
	const startedAt = performance.now();
	try {
		const { status, text } = await post(url, event, AbortSignal.timeout(PATIENCE));
		const milliseconds = Math.round(performance.now() - startedAt);
		return { outcome: 'answered', status, milliseconds, text };
	} catch (error) {
		return { outcome: 'unreachable', reason: describeError(error) };
	}
}

function isHttp(url: string): boolean {
	const protocol = URL.parse(url)?.protocol;
	return protocol === 'http:' || protocol === 'https:';
}
