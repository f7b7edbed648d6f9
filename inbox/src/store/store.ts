/*
 * What the inbox keeps: events, and for each event and target one delivery. The one place of truth: door, workers,
 * metrics and page know of no event that is not in here. SQLite and PostgreSQL are behind it alike.
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
 * - `retrying`: deferred, or refused by its target; tried again when it is due
 * - `failed`: refused for the last time; stays until somebody sends it again or discards it
 * - `delivered`, `discarded`: removed after INBOX_KEEP_DAYS
 */
export type State = 'waiting' | 'retrying' | 'failed' | 'delivered' | 'discarded';

export const STATES: readonly State[] = ['waiting', 'retrying', 'failed', 'delivered', 'discarded'];

/** Where events are sent. */
export interface Target {
	/** Identifies it, whatever its URL is at the time. {@link NO_TARGET} for events that came before there was a target. */
	key: string;
	/** Empty for {@link NO_TARGET}. */
	url: string;
	/** Of the workflow that registered; empty if none has. */
	name: string;
}

/**
 * - `current`: gets every event
 * - `paused`: gets nothing; what comes is kept for it
 * - `left`: nothing more is kept for it. What it has not got stays until it is moved or discarded
 */
export type Subscription = 'current' | 'paused' | 'left';

export interface SubscribedTarget extends Target {
	state: Subscription;
	/** Since when, in milliseconds since the epoch. */
	changedAt: number;
	/** INBOX_FORWARD_TO names it: it is `current` for as long as that is so, and its URL is the one that is set. */
	isSet: boolean;
}

/** The key under which events are kept while the inbox has no target: all of them go to the first one. */
export const NO_TARGET = '';

/** One request with an event, and what came of it. */
export interface Attempt {
	/** When it began, in milliseconds since the epoch. */
	at: number;
	/** In words, such as `500 {"message":"Error in workflow"}`. */
	answer: string;
	/** From its beginning to the answer. */
	milliseconds: number;
}

/** Requests that are kept of a delivery: more than any schedule of retries makes, and a bound for what it costs. */
export const HISTORY_LENGTH = 100;

/** What became of an event at one target. */
export interface Delivery {
	target: Target;
	state: State;
	/** How often the target has refused it. */
	attempts: number;
	/** Its requests, oldest first: refusals, deferrals and the one that delivered it. The last {@link HISTORY_LENGTH} of them. */
	history: Attempt[];
	/** Of the last request, in words; null before there was one. */
	lastAnswer: string | null;
	/** When it is tried again; null if it is not `retrying`. Milliseconds since the epoch. */
	dueAt: number | null;
	/** Milliseconds since the epoch; null if it is not. */
	deliveredAt: number | null;
	/** It was delivered, and the workflow does not select it. */
	isIgnored: boolean;
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

/** Which events are meant: those to which all of it applies. Texts are compared whole; letter case counts. */
export interface EventFilter {
	/** A call_id, a voicelog_id or an event's name. */
	text?: string;
	event?: string;
	callId?: string;
	voicelogId?: string;
	/** Part of a call_id, a voicelog_id, a delivery id or an event's name, whatever the letter case. No index helps: see {@link Store.scan}. */
	contains?: string;
	/** With a delivery in this state. */
	state?: State;
	/** With a delivery to the target of this key; with `state`, it is this one that is in it. */
	target?: string;
	/** Received at this time or later, in milliseconds since the epoch. */
	from?: number;
	/** Received before this time. */
	until?: number;
}

export interface Search extends EventFilter {
	/** Events that came before the one of this {@link EventSummary.sequence}: the next page. */
	before?: number;
	/** At most so many. */
	limit: number;
}

export interface Scan extends Search {
	contains: string;
}

export interface Scanned {
	/** Newest first. */
	events: EventSummary[];
	/** Older events are yet to be looked at: the {@link Search.before} that goes on; null if there are none. */
	next: number | null;
}

/** A target and how many deliveries it has. */
export interface TargetOverview extends SubscribedTarget {
	counts: Record<State, number>;
	/** When the oldest that is `waiting` or `retrying` was received, in milliseconds since the epoch; null if none is. */
	oldestPendingAt: number | null;
	/** The same for each of the two. */
	oldestAt: Record<'waiting' | 'retrying', number | null>;
}

/** A delivery that is leased to this inbox: nobody else makes it until the lease ends. */
export interface Job {
	/** The key of its target. */
	target: string;
	sequence: number;
	/** `delivery.id` */
	id: string;
	/** Bytes of the body. */
	size: number;
	contentType: string | null;
	signature: string;
	/** It has been tried before. */
	isRetry: boolean;
	/** How often the target has refused it. */
	attempts: number;
	/** How often it was deferred, in all. */
	deferrals: number;
	history: Attempt[];
}

/** Which deliveries a worker wants. */
export interface Demand {
	/** At most so many. */
	places: number;
	/** At most so many of them retries while new events wait. */
	retries: number;
	/** In order of arrival unless it is said; with `newest`, the last that came first. */
	order?: 'oldest' | 'newest';
}

/** What becomes of a job. Pauses are in milliseconds from now. */
export type Outcome =
	| { state: 'delivered'; isIgnored: boolean }
	/** Refused: an attempt is lost. */
	| { state: 'retrying'; pause: number }
	| { state: 'failed' }
	/** Others go first; no attempt is lost. */
	| { state: 'deferred'; pause: number }
	/** As if it had not been taken. */
	| { state: 'released' };

/** Requests that were refused because their signature is another secret's. Times are in milliseconds since the epoch. */
export interface WrongSignatures {
	count: number;
	/** Of the first one. */
	since: number;
	/** Of the last one. */
	until: number;
}

/** Every promise is rejected if the store cannot be reached or written. */
export interface Store {
	/** Keeps an event for every target that has not left; resolved once it is on disk. */
	add(event: NewEvent): Promise<'stored' | 'duplicate'>;
	/** Resolved if an event could be stored now. */
	checkWritable(): Promise<void>;

	/**
	 * Leases deliveries of a current target that are due: until they are settled, or the lease ends because nobody renewed it. No
	 * other call, and no other inbox on the same store, gets them meanwhile.
	 */
	take(target: string, demand: Demand): Promise<Job[]>;
	/** The signed bytes; undefined if what is stored is damaged. */
	body(job: Job): Promise<Buffer | undefined>;
	/** Prolongs the leases of jobs that are under way. */
	renew(target: string, sequences: readonly number[]): Promise<void>;
	/** Ends a lease. @param attempt what was tried; undefined if nothing was sent */
	settle(job: Job, outcome: Outcome, attempt?: Attempt): Promise<void>;

	/** Newest first. */
	search(search: Search): Promise<EventSummary[]>;
	/** Looks for a text, the newest events first: until there are `limit`, or for about as long as a person waits. */
	scan(scan: Scan): Promise<Scanned>;
	find(id: string): Promise<StoredEvent | undefined>;
	/** Those that came after the one of this {@link EventSummary.sequence}, oldest first. */
	arrivals(after: number, limit: number): Promise<Array<Pick<EventSummary, 'sequence' | 'id'>>>;

	/** Every target but {@link NO_TARGET}, those that have left too. */
	targets(): Promise<SubscribedTarget[]>;
	/** In the order in which they came, whatever became of them. A target that has left is there while it has anything undelivered. */
	overview(): Promise<TargetOverview[]>;
	/** Makes a target current, or moves it to another URL. The first one gets what came while there was none. */
	register(target: Target): Promise<SubscribedTarget>;
	/** Undefined if there is no such target. One that has left stays so. */
	pause(key: string): Promise<SubscribedTarget | undefined>;
	/** Has a target leave, and gives up what it has not got; tells how many deliveries that are. One that is set stays current. */
	forget(key: string): Promise<number>;

	/** Has an event delivered anew to a target, whether it had it or not; nothing to do while it is being delivered there. */
	sendAgain(id: string, target: string): Promise<void>;
	/** Has everything delivered anew that failed at a target; tells how many deliveries that are. */
	sendFailedAgain(target: string): Promise<number>;
	/**
	 * Notes that all of these events are to be delivered anew, to a target or to every current one; with `state`, to
	 * those where they are in it. Tells how many events that are; {@link sendNext} does it.
	 */
	sendAll(filter: Omit<EventFilter, 'target'>, target?: string): Promise<number>;
	/** Has a part of what {@link sendAll} noted delivered anew; false if there was nothing left to do. */
	sendNext(): Promise<boolean>;
	/** Gives what a target has not got to a current one; tells how many deliveries that are. */
	move(from: string, to: string): Promise<number>;
	/** Gives up what a target has not got: all of it, or one event; tells how many deliveries that are. */
	discard(target: string, id?: string): Promise<number>;
	/** Gives up everything that failed at a target; tells how many deliveries that are. */
	discardFailed(target: string): Promise<number>;

	/**
	 * Leases the telling of notices for {@link NOTICES_LEASE_MS}: resolves to what {@link noteNotices} noted last, in
	 * whichever inbox; undefined while another inbox has the lease.
	 */
	takeNotices(): Promise<string | undefined>;
	/** Notes what was told; nothing to do once another inbox has the lease. */
	noteNotices(told: string): Promise<void>;

	/** Notes what was refused for its signature, when an inbox stops: a restart hides no loss. */
	noteRefused(refused: WrongSignatures): Promise<void>;
	/** What {@link noteRefused} has noted, once. */
	takeRefused(): Promise<WrongSignatures[]>;

	/** What the store takes of its disk, in bytes, and what is left there; null if that is not known. */
	size(): Promise<{ bytes: number; freeBytes: number | null }>;

	/** Removes what has been kept for long enough, has targets leave that were paused for so long, gives its space back, and puts right what a clock that was set back has left. */
	tidy(keepMilliseconds: number): Promise<void>;
	close(): Promise<void>;
}

/** How long a lease lasts unless it is renewed, and how often it is renewed. In milliseconds. */
export const LEASE_MS = 20_000;
export const RENEW_INTERVAL_MS = 5_000;
/** How long one inbox tells the notices unless it renews that. In milliseconds. */
export const NOTICES_LEASE_MS = 60_000;

/** How often it was sent and refused, and the request that delivered it. */
export function attemptsOf({ state, attempts }: Pick<Delivery, 'state' | 'attempts'>): number {
	return state === 'delivered' ? attempts + 1 : attempts;
}
