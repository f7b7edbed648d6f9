/* What is seen, and what is remembered of it. Times are in milliseconds since the epoch. */
import type { WorkerStatus } from '../delivery/worker';
import type { TargetOverview } from '../store/store';
import type { Beginning } from './notice';

/** What is seen now. */
export interface Sight {
	at: number;
	/** Undefined if the targets are not this inbox's to tell of: the store is away, or another inbox tells. */
	targets: readonly SeenTarget[] | undefined;
	/** Whether an event could be stored now. */
	isWritable: boolean;
	/** Events that could not be stored since the last time. */
	refused: number;
	/** How long a target stays paused, in milliseconds. */
	keep: number;
}

export interface SeenTarget extends Omit<TargetOverview, 'isSet' | 'oldestPendingAt'> {
	/** Undefined if it is not current. */
	status: WorkerStatus | undefined;
}

/** What has to be known the next time, as JSON keeps it. */
export interface Memory {
	/** When targets were last seen; 0 if never. */
	seenAt: number;
	/** Since when something has waited for a target without a break, and the oldest of it; see {@link waitOf}. */
	waits: Record<string, Wait>;
	/** Events cannot be stored, or could not a moment ago. */
	trouble?: { since: number; until: number; refused: number } | undefined;
	/** What was told, by the id of its condition. */
	told: Record<string, Told>;
}

export interface Wait {
	since: number;
	oldest: number;
}

export interface Told {
	/** When it was told last. */
	at: number;
	/** When its end was told last; null if never. */
	overAt: number | null;
	notice: Beginning;
}

export const NOTHING_TOLD: Memory = { seenAt: 0, waits: {}, told: {} };
/** The id of the one condition that is of an inbox, not of a target. */
export const NOT_STORED = 'notStored';

/** A store that was away for less, and refused nothing, is nobody's concern. */
export const TROUBLE_MS = 60_000;

/** It was told, and its end was not. */
export function isOpen(told: Told | undefined): boolean {
	return told !== undefined && (told.overAt === null || told.overAt < told.at);
}

/** The id of what waits for a target in a state. */
export function waitOf(state: 'waiting' | 'retrying', key: string): string {
	return `${state}:${key}`;
}
