/*
 * What becomes of an event and of its target after a request: a pure function of what the target's GET says, what it
 * answered, and what the event has been through. An answer about one event is never taken for the state of its target.
 * The rules are in docs/inbox.md, "When is an event delivered?".
 */
import type { Job, Outcome } from '../store/store';

/** What came of a request. */
export type Reply =
	/** `retryAfter` in milliseconds. */
	| { kind: 'answered'; status: number; contentType: string; text: string; retryAfter?: number }
	/** No connection: nothing was sent. */
	| { kind: 'unreachable'; reason: string }
	/** It broke off, or its answer is no HTTP. */
	| { kind: 'broken'; reason: string }
	/** No answer in time, from a target that said meanwhile that it is ready. */
	| { kind: 'late'; reason: string };

/** What a target's GET says. */
export interface Readiness {
	isReady: boolean;
	/** What it said in place of that it is ready, in words. */
	answer?: string;
	/** Milliseconds. */
	retryAfter?: number;
}

export type TargetState =
	/** Nothing is sent; it is asked by GET after `pause`. `answer` is what it said; null for a target that is new. */
	| { name: 'away'; pause: number; answer: string | null }
	/** It has said that it is ready. `deferred` are different events that it deferred, and took none between. */
	| { name: 'ready'; isProven: boolean; deferred: readonly number[] }
	/** It says that it is ready, and answers none of its events: after `pause` and a GET it is asked with one of them. */
	| { name: 'rejecting'; pause: number; turn: Turn; mayTry: boolean; answer: string };

type Turn = 'oldest' | 'newest';

export const PROBE_MIN_MS = 500;
export const PROBE_MAX_MS = 30_000;
const PROBE_BACKOFF = 1.5;
const RETRY_AFTER_MAX_MS = 3_600_000;
const DEFERRAL_MS = 1_000;
/** An event is deferred so often; after that, each such answer is a refusal. */
const DEFERRALS = 6;
/** After so many different events that it deferred, the target is taken to be away. */
const REJECTED_EVENTS = 5;
/** Retries come this much later at most, by chance, so that what failed together is not tried together. */
const JITTER = 0.1;

export const NEW_TARGET: TargetState = { name: 'away', pause: 0, answer: null };

/** How many requests may be under way that were begun in this state. */
export function placesIn(state: TargetState, concurrency: number): number {
	switch (state.name) {
		case 'away':
			return 0;
		case 'ready':
			return state.isProven ? concurrency : 1;
		case 'rejecting':
			return state.mayTry ? 1 : 0;
	}
}

/** After a GET. */
export function probed(state: TargetState, { isReady, retryAfter }: Readiness): TargetState {
	switch (state.name) {
		case 'ready':
			return state;
		case 'away':
			return isReady
				? { name: 'ready', isProven: false, deferred: [] }
				: { ...state, pause: nextPause(state.pause, retryAfter) };
		case 'rejecting':
			return isReady
				? { ...state, mayTry: true }
				: { name: 'away', pause: nextPause(state.pause, retryAfter), answer: state.answer };
	}
}

/** After a new event has come: it may be one that a target takes that rejects all others. */
export function onArrival(state: TargetState): TargetState {
	return state.name === 'rejecting' && !state.mayTry ? { ...state, turn: 'newest' } : state;
}

/** After its workflow was published, or its n8n started: n8n knows its URL a moment later. */
export function onRegistration(state: TargetState): TargetState {
	return state.name === 'away' ? { ...state, pause: 0 } : state;
}

export interface Situation {
	reply: Reply;
	/** What the target's GET says after a reply that {@link isInDoubt}. */
	isReady: boolean;
	state: TargetState;
	/** The target has been away, or back, since the request was sent: the reply says nothing about it any more. */
	isStale: boolean;
	job: Pick<Job, 'sequence' | 'attempts' | 'deferrals'>;
	/** Milliseconds between the attempts of an event that its target refuses. */
	retryPauses: readonly number[];
	/** From 0 to 1. */
	chance: number;
}

export interface Decision {
	outcome: Outcome;
	state: TargetState;
}

export function decide(situation: Situation): Decision {
	const decision = decideOn(situation);
	return situation.isStale ? { ...decision, state: situation.state } : decision;
}

function decideOn(situation: Situation): Decision {
	const { reply, isReady, state, job } = situation;
	const proven: TargetState = { name: 'ready', isProven: true, deferred: [] };
	const meaning = meaningOf(reply);
	if (meaning === 'taken' || meaning === 'ignored') {
		return { outcome: { state: 'delivered', isIgnored: meaning === 'ignored' }, state: proven };
	}
	if (meaning === 'unreachable' || !isReady) {
		return { outcome: whileAway(reply, job), state: away(reply) };
	}
	if (meaning === 'refused') {
		return {
			outcome: refuse(situation),
			state: state.name === 'ready' ? { ...state, isProven: true } : proven,
		};
	}
	return defer(situation);
}

/** One of 401, 404, 429, 502, 503, 504 or a break, from a target that says before and after that it is ready. */
function defer(situation: Situation): Decision {
	const { reply, state, isStale, job } = situation;
	const released: Outcome = { state: 'released' };
	const answer = describe(reply);
	if (state.name === 'rejecting') {
		return {
			outcome: released,
			state: {
				...{ name: 'rejecting', mayTry: false, answer },
				pause: nextPause(state.pause, retryAfterOf(reply)),
				turn: state.turn === 'oldest' ? 'newest' : 'oldest',
			},
		};
	}
	if (state.name === 'away' || isStale) return { outcome: released, state };
	const deferred = [...new Set([...state.deferred, job.sequence])];
	if (deferred.length >= REJECTED_EVENTS) {
		const pause = nextPause(0, retryAfterOf(reply));
		// The newest first: what was tried last were the oldest.
		return {
			outcome: released,
			state: { name: 'rejecting', mayTry: false, turn: 'newest', pause, answer },
		};
	}
	const outcome: Outcome =
		job.deferrals < DEFERRALS
			? { state: 'deferred', pause: Math.max(deferralPause(job.deferrals), retryAfterOf(reply)) }
			: refuse(situation);
	return { outcome, state: { ...state, deferred } };
}

function refuse({ job, retryPauses, chance }: Situation): Outcome {
	const pause = retryPauses[job.attempts];
	return pause === undefined
		? { state: 'failed' }
		: { state: 'retrying', pause: pause * (1 + chance * JITTER) };
}

/** An event at which its target may have fallen over lets others go first, each time for longer. */
function whileAway(reply: Reply, { deferrals }: Situation['job']): Outcome {
	return reply.kind === 'broken' || reply.kind === 'late'
		? { state: 'deferred', pause: deferralPause(deferrals) }
		: { state: 'released' };
}

function away(reply: Reply): TargetState {
	return { name: 'away', pause: nextPause(0, retryAfterOf(reply)), answer: describe(reply) };
}

/** Whether the policy wants to know what the target's GET says after a reply. */
export function isInDoubt(reply: Reply): boolean {
	const meaning = meaningOf(reply);
	return meaning === 'deferred' || meaning === 'refused';
}

export type Meaning = 'taken' | 'ignored' | 'deferred' | 'refused' | 'unreachable';

/** Of a reply by itself, whatever the target's GET says. */
export function meaningOf(reply: Reply): Meaning {
	switch (reply.kind) {
		case 'unreachable':
			return 'unreachable';
		case 'broken':
			return 'deferred';
		case 'late':
			return 'refused';
		case 'answered':
			return meaningOfAnswer(reply);
	}
}

function meaningOfAnswer({ status, contentType, text }: Reply & { kind: 'answered' }): Meaning {
	switch (status) {
		case 200:
			// n8n answers 200 with a page while it starts.
			if (/^\s*text\/html\b/i.test(contentType)) return 'deferred';
			return fieldOf(text, 'ignored') === true ? 'ignored' : 'taken';
		case 401:
			// It will not become younger.
			return fieldOf(text, 'error') === 'Timestamp outside the allowed window'
				? 'refused'
				: 'deferred';
		case 404:
		case 429:
		case 502:
		case 503:
		case 504:
			return 'deferred';
		default:
			return 'refused';
	}
}

function fieldOf(json: string, name: string): unknown {
	try {
		const value = JSON.parse(json) as Record<string, unknown> | null;
		return value?.[name];
	} catch {
		return undefined;
	}
}

/** In words, to be shown and kept. */
export function describe(reply: Reply): string {
	const words = reply.kind === 'answered' ? `${reply.status} ${reply.text}` : reply.reason;
	const text = words.trim();
	return text.length > ANSWER_SHOWN ? `${text.slice(0, ANSWER_SHOWN - 1)}…` : text;
}

/** In place of an answer, of an event whose stored bytes are not those that were signed. */
export const DAMAGED = 'The event is damaged in the store';

const ANSWER_SHOWN = 200;

function deferralPause(deferrals: number): number {
	return Math.min(DEFERRAL_MS * 2 ** deferrals, RETRY_AFTER_MAX_MS);
}

function nextPause(pause: number, retryAfter = 0): number {
	const backoff = Math.min(Math.max(pause * PROBE_BACKOFF, PROBE_MIN_MS), PROBE_MAX_MS);
	return Math.max(backoff, Math.min(retryAfter, RETRY_AFTER_MAX_MS));
}

function retryAfterOf(reply: Reply): number {
	return reply.kind === 'answered' ? Math.min(reply.retryAfter ?? 0, RETRY_AFTER_MAX_MS) : 0;
}
