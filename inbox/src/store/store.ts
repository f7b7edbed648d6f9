/*
 * What the inbox keeps: events, and for each event and target one delivery. The one place of truth: door, courier,
 * metrics and page know nothing of an event that is not in here. SQLite and PostgreSQL are behind it alike.
 */

/** An authentic event as it came, and what it can be found by. */
export interface NewEvent {
	/** `delivery.id`: SHA-256 of the body, 64 hex digits. */
	id: string;
	/** Milliseconds since the epoch. */
	receivedAt: number;
	/** The signed bytes. */
	body: Buffer;
	/** As it was sent; null if it was not. */
	contentType: string | null;
	/** The value of X-KoeIQ-Signature, as it was sent. */
	signature: string;
	/** The envelope's `event`, and of `data` the ids; null if there is no such text. */
	event: string | null;
	callId: string | null;
	voicelogId: string | null;
}

/**
 * - `waiting` for its first attempt
 * - `retrying`: its target refused it or gave no answer to it, and it is tried again
 * - `parked`: refused for the last time; stays until somebody sends it again or discards it
 * - `delivered`, `discarded`: goes after INBOX_KEEP_DAYS
 */
export type State = 'waiting' | 'retrying' | 'parked' | 'delivered' | 'discarded';

export const STATES: readonly State[] = ['waiting', 'retrying', 'parked', 'delivered', 'discarded'];

/** The target of events that came while INBOX_FORWARD_TO was empty: they go to the targets that it first names. */
export const NO_TARGET = '';

/** What became of an event at one target. */
export interface Delivery {
	/** A URL, or {@link NO_TARGET}. */
	target: string;
	state: State;
	/** How often the target has refused it. */
	attempts: number;
	/** In words, such as `500 {"message":"Error in workflow"}`; null before there was one. */
	lastAnswer: string | null;
	/** When it is tried again; null if it is not `retrying`. Milliseconds since the epoch. */
	dueAt: number | null;
	/** Milliseconds since the epoch; null if it is not. */
	deliveredAt: number | null;
}

/** An event in a list: without its body. */
export interface EventSummary {
	/** In order of arrival; unique, and rising, with gaps. */
	sequence: number;
	id: string;
	receivedAt: number;
	event: string | null;
	callId: string | null;
	voicelogId: string | null;
	/** In the order of the targets. */
	deliveries: Delivery[];
}

export interface StoredEvent extends EventSummary {
	body: Buffer;
	contentType: string | null;
	signature: string;
}

export interface Search {
	/** A call_id, a voicelog_id or an event's name, whole; letter case counts. */
	text?: string;
	/** Events with a delivery in this state. */
	state?: State;
	/** Events that came before the one of this {@link EventSummary.sequence}: the next page. */
	before?: number;
	/** At most so many. */
	limit: number;
}

/** A target and how many deliveries it has. */
export interface TargetOverview {
	/** A URL, or {@link NO_TARGET}. */
	target: string;
	/** Whether INBOX_FORWARD_TO names it; what has left keeps what was not delivered. */
	isCurrent: boolean;
	counts: Record<State, number>;
	/** When the oldest that is `waiting` or `retrying` was received, in milliseconds since the epoch; null if none is. */
	oldestPendingAt: number | null;
}

/** A delivery to be made now. */
export interface Consignment {
	sequence: number;
	target: string;
	id: string;
	receivedAt: number;
	body: Buffer;
	contentType: string | null;
	signature: string;
	/** How often the target has refused it. */
	attempts: number;
}

/** What became of a consignment. */
export type Outcome =
	| { state: 'delivered'; answer: string }
	/** `pause` in milliseconds from now. */
	| { state: 'retrying'; answer: string; pause: number }
	| { state: 'parked'; answer: string }
	/** The target is away, or the inbox is stopping: as if it had never been taken. */
	| { state: 'untried' }
	/** The target may be away because of it: others go first. No attempt is lost; `pause` in milliseconds from now. */
	| { state: 'deferred'; answer: string; pause: number };

/** Every promise is rejected if the store cannot be reached or written. */
export interface Store {
	/** Keeps an event for every current target; resolved once it is on disk. */
	add(event: NewEvent): Promise<'stored' | 'duplicate'>;
	/** Resolved if an event could be stored now. */
	checkWritable(): Promise<void>;

	/**
	 * Deliveries of a target that are due, in order of arrival; of those that are retried at most half of them, so that they
	 * hold nothing up. No other call, and no other inbox on the same store, gets them
	 * until they are settled or this inbox is gone.
	 */
	take(target: string, limit: number): Promise<Consignment[]>;
	settle(consignment: Consignment, outcome: Outcome): Promise<void>;

	/** Newest first. */
	search(search: Search): Promise<EventSummary[]>;
	find(id: string): Promise<StoredEvent | undefined>;
	/** Current targets first. A target that has left is there while it has anything undelivered. */
	overview(): Promise<TargetOverview[]>;

	/** Has an event delivered anew to a target, whether it had it or not; nothing to do while it is being delivered there. */
	sendAgain(id: string, target: string): Promise<void>;
	/** Has everything delivered anew that is parked at a target; tells how many deliveries that are. */
	sendParkedAgain(target: string): Promise<number>;
	/** Gives what a target has not got to a current one; tells how many deliveries that are. */
	move(from: string, to: string): Promise<number>;
	/** Gives up what a target has not got: all of it, or one event; tells how many deliveries that are. */
	discard(target: string, id?: string): Promise<number>;

	/** Removes what has been kept for long enough, gives its space back, and puts right what a clock that was set back has left. */
	tidy(keepMilliseconds: number): Promise<void>;
	close(): Promise<void>;
}
