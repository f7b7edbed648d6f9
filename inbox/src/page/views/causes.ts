import { DAMAGED } from '../../delivery/policy';
import type { WorkerStatus } from '../../delivery/worker';

/** Why a target does not take its events, as far as its answer tells. */
export type Cause =
	| 'secret'
	| 'tooOld'
	| 'noSecret'
	| 'unpublished'
	| 'starting'
	| 'workflow'
	| 'error'
	| 'busy'
	| 'tooLarge'
	| 'proxy'
	| 'down'
	| 'noAddress'
	| 'silent'
	| 'insecure'
	| 'late'
	| 'broken'
	| 'damaged'
	| 'other';

export interface Trouble {
	cause: Cause;
	/** Milliseconds since the epoch. */
	since: number;
	/** In words; null if it is not known. */
	answer: string | null;
	/** When it is asked again; null if that is not planned. */
	nextAt: number | null;
	/** It takes nothing; else it has only refused its last events. */
	isStopped: boolean;
}

/** A trigger registers itself a moment before n8n knows its URL. */
const PUBLISHING_MS = 10_000;

/** Undefined while all is well, while a workflow is being published, and of a target that has not said anything yet. */
export function troubleOf(status: WorkerStatus | undefined, now = Date.now()): Trouble | undefined {
	switch (status?.state) {
		case undefined:
		case 'starting':
			return undefined;
		case 'accepting': {
			const { refusal } = status;
			if (refusal === undefined) return undefined;
			return { ...refusal, cause: causeOf(refusal.answer), nextAt: null, isStopped: false };
		}
		case 'unavailable':
		case 'rejecting': {
			const { since, answer, nextAt } = status;
			const cause = causeOf(answer);
			if (cause === 'unpublished' && now - since < PUBLISHING_MS) return undefined;
			return { cause, since, answer, nextAt, isStopped: true };
		}
	}
}

/** The first that fits an answer, as the inbox describes it: its status and its beginning, or why there is none. */
const SIGNS: ReadonlyArray<readonly [RegExp, Cause]> = [
	[/^401 .*Invalid signature/s, 'secret'],
	[/^401 .*Timestamp outside/s, 'tooOld'],
	[/^500 .*not configured|^503 .*"ready":\s*false/s, 'noSecret'],
	// n8n's own: another program's 404 says something else.
	[/^404 .*\bnot registered\b/s, 'unpublished'],
	[/^(?:200|503) \s*(?:<(?:!doctype|html|head|body)\b|n8n is starting)|^503/i, 'starting'],
	[/^500 .*workflow/is, 'workflow'],
	[/^500/, 'error'],
	[/^429/, 'busy'],
	[/^413/, 'tooLarge'],
	[/^50[24]/, 'proxy'],
	[/^\d{3}\b/, 'other'],
	[/ECONNREFUSED|EHOSTUNREACH|ENETUNREACH|EHOSTDOWN|ETIMEDOUT|connect timeout/i, 'down'],
	[/ENOTFOUND|EAI_AGAIN/, 'noAddress'],
	[/aborted due to timeout|hangs/, 'silent'],
	[/certificate|EPROTO|\bSSL\b|\bTLS\b/i, 'insecure'],
	[/^no answer in/, 'late'],
	[new RegExp(`^${DAMAGED}`), 'damaged'],
	[/./s, 'broken'],
];

export function causeOf(answer: string | null): Cause {
	return SIGNS.find(([sign]) => sign.test(answer ?? ''))?.[1] ?? 'other';
}
