/* What SQLite and PostgreSQL have in common, so that the store is written once. */

export type Value = string | number | Buffer | null;

/** SQL that both understand, with `$1`, `$2` … for its values. */
export interface Statement {
	sql: string;
	values?: readonly Value[];
	/** A crash of the machine may undo it, so it need not be on disk: for marks that count only while this inbox lives. */
	isVolatile?: boolean;
}

export interface Database {
	dialect: Dialect;
	/** What marks a delivery as being made by this inbox: no other that lives on the same database has it. */
	owner: number;
	read<Row>(statement: Statement): Promise<Row[]>;
	/** Runs statements as one transaction; resolved once it is on disk, if it has to be, with the rows of each. */
	write<Row>(...statements: Statement[]): Promise<Row[][]>;
	/** Gives back to the file system what deleted rows leave. */
	shrink(): Promise<void>;
	close(): Promise<void>;
}

/** Where the two differ. */
export interface Dialect {
	/** Inserts an event and its deliveries; the first statement has a row if the event was not there. */
	add(values: readonly Value[]): Statement[];
	/** Rows of target, state and number. */
	counts: string;
	/** Ends a SELECT of rows to be taken, so that two inboxes never take the same. */
	skipTaken: string;
}

/** The columns of `events` that an insert fills, in the order of its values. */
export const EVENT_COLUMNS =
	'id, received_at, content_type, signature, event, call_id, voicelog_id, body';
