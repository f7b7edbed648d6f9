/* What SQLite and PostgreSQL have in common, so that the store is written once. */

export type Value = string | number | Buffer | null;

/** SQL that both understand, with `$1`, `$2` … for its values. */
export interface Statement {
	sql: string;
	values?: readonly Value[];
	/** A crash of the machine may undo it, so it need not be on disk: for leases, which end by themselves. */
	isVolatile?: boolean;
	/** It may take longer than a request: it reads or changes thousands of rows. */
	isLong?: boolean;
}

export interface Database {
	dialect: Dialect;
	/** Inserts an event, and a delivery to each target that {@link KEPT_FOR}; resolved once it is on disk. False if it was there. */
	add(event: EventRow): Promise<boolean>;
	/** Rejected if an event could not be inserted now. */
	checkWritable(): Promise<void>;
	read<Row>(statement: Statement): Promise<Row[]>;
	/** Runs statements as one transaction; resolved once it is on disk, if it has to be, with the rows of each. */
	write<Row>(...statements: Statement[]): Promise<Row[][]>;
	/** Whether a read failed because what is stored is damaged. */
	isDamage(error: unknown): boolean;
	/** Gives back to the file system what deleted rows leave. */
	shrink(): Promise<void>;
	/** What it takes of its disk, in bytes, and what is left there; null if that is not known. */
	size(): Promise<{ bytes: number; freeBytes: number | null }>;
	close(): Promise<void>;
}

/** Where the two differ. */
export interface Dialect {
	/** Milliseconds of the clock that leases go by, in SQL; its value is `leaseClock()`, the first of a statement's. */
	leaseClock: string;
	/** Undefined where the database has a clock of its own. */
	now: () => number | null;
	/** Rows of target, state and number. */
	counts: string;
	/** A delivery id as it is written, of `events e`. */
	idText: string;
	/** Ends a SELECT of rows to be leased, so that two inboxes never lease the same. */
	skipLocked: string;
	/** Selects a row if there is a table of this name. */
	hasTable: string;
	/** In an INSERT: numbers that the database would give are given. */
	keepsNumbers: string;
	/** Rows that one INSERT had best have: each is a round trip, or a search for the names of its values. */
	rowsPerInsert: number;
}

/** Of a target in SQL: what comes is kept for it. */
export const KEPT_FOR = "(is_set = 1 OR state <> 'left')";

/** The columns of `events` that an insert fills, in this order. */
export const EVENT_COLUMNS = [
	'id',
	'received_at',
	'content_type',
	'signature',
	'event',
	'call_id',
	'voicelog_id',
	'body',
] as const;

/** Their values. */
export type EventRow = readonly [
	id: Buffer,
	receivedAt: number,
	contentType: string | null,
	signature: string,
	event: string | null,
	callId: string | null,
	voicelogId: string | null,
	body: Buffer,
];

export function sql(text: string, ...values: Value[]): Statement {
	return { sql: text, values };
}

/** One that may take longer than a request. */
export function long(text: string, ...values: Value[]): Statement {
	return { sql: text, values, isLong: true };
}

/** @throws unless what is stored is of this program's version */
export function checkVersion(version: number, newest: number): void {
	if (version === newest) return;
	if (version === 0) throw new Error('no inbox has stored events in it');
	throw new Error(
		`it has version ${version}, but this program needs version ${newest}. To update it, start the newer inbox on it`,
	);
}
