/* What a person is told. Times are in milliseconds since the epoch, durations in milliseconds. Nothing of what an event says is in here. */

export type Notice =
	/** Events wait for a target. */
	| (OfTarget & { about: 'waiting'; events: number; since: number; cause: Cause })
	/** A target takes events, and has rejected some of them for a while. */
	| (OfTarget & { about: 'rejected'; events: number; since: number })
	/** Events have failed; `added` of them since this was last told, undefined at first. */
	| (OfTarget & { about: 'failed'; events: number; added: number | undefined })
	/** A target has been paused `since` then; nothing new is kept for it from `until` on. */
	| (OfTarget & { about: 'expiring'; events: number; since: number; until: number })
	/** Events cannot be stored; `refused` have been answered 503. */
	| { about: 'notStored'; at: number; since: number; refused: number }
	| (OfTarget & {
			about: 'over';
			what: 'waiting' | 'rejected' | 'failed' | 'expiring';
			since: number;
			/** What the target is now, and how many events are kept for it. */
			state: 'current' | 'paused' | 'left' | 'gone';
			events: number;
	  })
	| { about: 'storedAgain'; at: number; since: number; refused: number };

/** What can be over. */
export type Beginning = Exclude<Notice, { about: 'over' | 'storedAgain' }>;

interface OfTarget {
	/** Of the target. */
	key: string;
	/** Its name, or where it is, so that no chat acts on it; empty while there is no target. */
	target: string;
	/** Now. */
	at: number;
}

/** Why events wait. `origin` is the beginning of the target's URL. */
export type Cause =
	| { kind: 'noTarget' }
	/** `status` of its answer; `'none'` without one, `'unknown'` if it only does not say that it is ready. */
	| { kind: 'unavailable'; origin: string; status: number | 'none' | 'unknown' }
	/** It says that it is ready, and answers every event with `status`. */
	| { kind: 'rejecting'; origin: string; status: number | undefined }
	/** It takes events, and has not got through all of them. */
	| { kind: 'busy' };
