import type { WorkerStatus } from '../delivery/worker';
import { NO_TARGET } from '../store/store';
import {
	isOpen,
	NOT_STORED,
	TROUBLE_MS,
	waitOf,
	type Memory,
	type SeenTarget,
	type Sight,
} from './memory';
import type { Beginning, Cause, Notice } from './notice';
import { plain } from './plain';

/** Something that a person has to know. */
export interface Condition {
	notice: Beginning;
	/** False if it is not there, but not over either, if it was told. */
	isDue: boolean;
}

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
const WAIT_MS = 10 * MINUTE;
/** It is over once nothing has waited for so long. */
const WAIT_OVER_MS = MINUTE;

/** What holds now, by an id. @param memory with what is seen now */
export function findConditions(memory: Memory, sight: Sight): Map<string, Condition> {
	const conditions = (sight.targets ?? []).flatMap((target) => [
		...waiting(target, memory, sight),
		...rejected(target, memory, sight),
		...failed(target, memory, sight),
		...expiring(target, sight),
	]);
	return new Map([
		...conditions.map((one): [string, Condition] => [idOf(one.notice), one]),
		...notStored(memory, sight).map((one): [string, Condition] => [NOT_STORED, one]),
	]);
}

function idOf(notice: Beginning): string {
	return notice.about === 'notStored' ? NOT_STORED : `${notice.about}:${notice.key}`;
}

function waiting(target: SeenTarget, memory: Memory, { at }: Sight): Condition[] {
	const { key, state, status, counts, oldestAt } = target;
	const isAccepting = status?.state === 'accepting';
	const waits = sinceWhen('waiting', key, memory);
	// What a target that accepts events has rejected is another condition.
	const retries = isAccepting
		? Infinity
		: Math.max(sinceWhen('retrying', key, memory), status?.since ?? 0);
	const since = Math.min(waits, retries);
	const isDue = since <= at - WAIT_MS;
	const lasts =
		oldestPending(oldestAt) <= at - WAIT_OVER_MS && !isOpen(memory.told[`rejected:${key}`]);
	if (state !== 'current' || !(isDue || lasts)) return [];
	const events = counts.waiting + (isAccepting ? 0 : counts.retrying);
	const notice: Notice = {
		...{ about: 'waiting', key, target: titleOf(target), at, events },
		...{ since: Math.min(since, at), cause: causeOf(target) },
	};
	return [{ notice, isDue }];
}

function rejected(target: SeenTarget, memory: Memory, { at }: Sight): Condition[] {
	const { key, state, status, counts, oldestAt } = target;
	const since = Math.max(sinceWhen('retrying', key, memory), status?.since ?? 0);
	const isDue = status?.state === 'accepting' && since <= at - WAIT_MS;
	const lasts = (oldestAt.retrying ?? Infinity) <= at - WAIT_OVER_MS;
	if (state !== 'current' || !(isDue || lasts)) return [];
	const notice: Notice = {
		...{ about: 'rejected', key, target: titleOf(target), at },
		...{ events: counts.retrying, since: Math.min(since, at) },
	};
	return [{ notice, isDue }];
}

function failed(target: SeenTarget, { told }: Memory, { at }: Sight): Condition[] {
	const { key, counts, oldestAt } = target;
	const known = told[`failed:${key}`];
	// What was received before it was told can be one of those that failed, sent again: it may fail once more.
	const lasts = known !== undefined && isOpen(known) && oldestPending(oldestAt) <= known.at;
	if (counts.failed === 0 && !lasts) return [];
	const notice: Notice = {
		...{ about: 'failed', key, target: titleOf(target), at },
		...{ events: counts.failed, added: undefined },
	};
	return [{ notice, isDue: counts.failed > 0 }];
}

/** A day before it is given up, or half of the time if that is less. */
function expiring(target: SeenTarget, { at, keep }: Sight): Condition[] {
	const { key, changedAt: since } = target;
	const { state, events } = stateOf(target);
	const until = since + keep;
	if (state !== 'paused' || events === 0 || at < until - Math.min(DAY, keep / 2)) return [];
	const notice: Notice = {
		...{ about: 'expiring', key, target: titleOf(target), at, events, since, until },
	};
	return [{ notice, isDue: true }];
}

function notStored({ trouble, told }: Memory, { at }: Sight): Condition[] {
	if (trouble === undefined) return [];
	const { since, until, refused } = trouble;
	const isOver = at - until >= TROUBLE_MS;
	if (isOver && (refused === 0 || isOpen(told[NOT_STORED]))) return [];
	const notice: Notice = { about: 'notStored', at, since, refused };
	return [{ notice, isDue: refused > 0 || until - since >= TROUBLE_MS }];
}

/** When the oldest that is not settled was received; Infinity if there is none. */
function oldestPending({ waiting, retrying }: SeenTarget['oldestAt']): number {
	return Math.min(waiting ?? Infinity, retrying ?? Infinity);
}

/** Since when something has waited in a state without a break; Infinity if nothing does. */
function sinceWhen(state: 'waiting' | 'retrying', key: string, { waits }: Memory): number {
	const wait = waits[waitOf(state, key)];
	return wait === undefined ? Infinity : Math.max(wait.since, wait.oldest);
}

function causeOf({ key, url, status }: SeenTarget): Cause {
	if (key === NO_TARGET) return { kind: 'noTarget' };
	const { origin } = new URL(url);
	switch (status?.state) {
		case 'accepting':
			return { kind: 'busy' };
		case 'rejecting':
			return { kind: 'rejecting', origin, status: statusIn(status.answer) };
		default:
			return { kind: 'unavailable', origin, status: unavailability(status) };
	}
}

function unavailability(status: WorkerStatus | undefined): number | 'none' | 'unknown' {
	if (status?.state !== 'unavailable' || status.answer === null) return 'unknown';
	return statusIn(status.answer) ?? 'none';
}

/** Not the rest of an answer: a workflow may repeat there what an event says. */
function statusIn(answer: string): number | undefined {
	const [, status] = /^(\d{3})\b/.exec(answer) ?? [];
	return status === undefined ? undefined : Number(status);
}

/** What a person knows a target by; empty if there is none. */
export function titleOf({ key, url, name }: Pick<SeenTarget, 'key' | 'url' | 'name'>): string {
	if (key === NO_TARGET || name !== '') return plain(name);
	const { origin } = new URL(url);
	return key === url ? origin : `${origin} ${plain(key)}`;
}

/** What a target is, and how many events it has not got. */
export function stateOf(target: SeenTarget | undefined): {
	state: 'current' | 'paused' | 'left' | 'gone';
	events: number;
} {
	if (target === undefined) return { state: 'gone', events: 0 };
	const { waiting, retrying, failed } = target.counts;
	return { state: target.state, events: waiting + retrying + failed };
}
