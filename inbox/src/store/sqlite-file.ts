import { statfsSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { DatabaseSync, type StatementSync } from 'node:sqlite';

import { EVENT_COLUMNS, KEPT_FOR, type EventRow, type Statement } from './database';

/* The connection that writes to a SQLite file. It knows of no thread: see sqlite-writer.ts. */

export interface FileOptions {
	file: string;
	/** Milliseconds, for a program of somebody else that has the file. */
	busyTimeout: number;
	/** New events are refused while less of the disk is free, so that what is stored can still be delivered and noted. */
	minFreeBytes: number;
}

/** What goes to disk together; each part is a transaction of its own if it cannot. */
export interface Batch {
	events: readonly EventRow[];
	writes: ReadonlyArray<readonly Statement[]>;
}

export type Result<T> = { value: T } | { error: Error };

export interface BatchResult {
	/** For each event, whether it is new. */
	events: Array<Result<boolean>>;
	/** For each write, the rows of each of its statements. */
	writes: Array<Result<unknown[][]>>;
}

/** KiB. Enough for the inner pages of the indexes of some millions of events. */
const CACHE_KIB = 32_768;
/** Pages of the write-ahead log after which it is copied into the file: 32 MB. */
const CHECKPOINT_PAGES = 8_000;
/** Pages that are given back to the file system at once. */
const SHRUNK_PAGES = 2_000;

const INSERT_EVENT = `INSERT INTO events (${EVENT_COLUMNS.join()}) VALUES (${EVENT_COLUMNS.map(() => '?').join()}) ON CONFLICT DO NOTHING`;

export class SqliteFile {
	private readonly database: DatabaseSync;
	private readonly run: (statement: Statement) => unknown[];
	private readonly file: string;
	private readonly inode: number;
	private isSynced = true;

	constructor(private readonly options: FileOptions) {
		this.file = resolve(options.file);
		this.database = new DatabaseSync(this.file, { timeout: options.busyTimeout });
		this.database.exec(`
			PRAGMA synchronous = FULL;
			PRAGMA secure_delete = FAST;
			PRAGMA temp_store = MEMORY;
			PRAGMA cache_size = -${CACHE_KIB};
			PRAGMA wal_autocheckpoint = ${CHECKPOINT_PAGES};
		`);
		this.run = prepareAll(this.database);
		this.inode = statSync(this.file).ino;
	}

	commit({ events, writes }: Batch): BatchResult {
		const obstacle = events.length > 0 ? this.obstacle() : undefined;
		if (obstacle !== undefined) {
			const { writes: written } = this.commit({ events: [], writes });
			return { events: events.map(() => ({ error: obstacle })), writes: written };
		}
		try {
			const isDurable =
				events.length > 0 || writes.flat().some(({ isVolatile }) => isVolatile !== true);
			this.sync(isDurable);
			this.database.exec('BEGIN IMMEDIATE');
			const result = {
				events: this.insert(events).map((value) => ({ value })),
				writes: writes.map((statements) => ({ value: statements.map(this.run) })),
			};
			this.database.exec('COMMIT');
			return result;
		} catch (error) {
			if (this.database.isTransaction) this.database.exec('ROLLBACK');
			// What cannot be stored must not take with it what can.
			if (events.length + writes.length > 1) return this.commitOneByOne({ events, writes });
			const failed = { error: toError(error) };
			return { events: events.map(() => failed), writes: writes.map(() => failed) };
		}
	}

	/** @throws if an event could not be inserted now */
	checkWritable(): void {
		const obstacle = this.obstacle();
		if (obstacle !== undefined) throw obstacle;
		const { writes } = this.commit({
			events: [],
			writes: [[{ sql: 'UPDATE health SET checked_at = $1', values: [Date.now()] }]],
		});
		const [result] = writes;
		if (result !== undefined && 'error' in result) throw result.error;
	}

	/** Without traffic no checkpoint would come by itself, and until one the file is as long as before. */
	shrink(): void {
		this.database.exec(
			`PRAGMA incremental_vacuum(${SHRUNK_PAGES}); PRAGMA wal_checkpoint(PASSIVE)`,
		);
	}

	close(): void {
		this.database.close();
	}

	/** Deliveries and counts are written once for all of the events, not by a statement for each. */
	private insert(events: readonly EventRow[]): boolean[] {
		if (events.length === 0) return [];
		const [row] = this.run({ sql: 'SELECT coalesce(max(sequence), 0) AS last FROM events' });
		const { last } = row as { last: number };
		const insert = this.prepare(INSERT_EVENT);
		const isNew = events.map((event) => insert.run(...event).changes === 1);
		const number = isNew.filter(Boolean).length;
		if (number === 0) return isNew;
		this.run({
			sql: `INSERT INTO deliveries (event, target)
				SELECT sequence, number FROM events CROSS JOIN targets WHERE sequence > $1 AND ${KEPT_FOR}`,
			values: [last],
		});
		this.run({
			sql: `INSERT INTO counts SELECT number, 'waiting', $1 FROM targets WHERE ${KEPT_FOR}
				ON CONFLICT DO UPDATE SET number = counts.number + excluded.number`,
			values: [number],
		});
		return isNew;
	}

	private insertStatement: StatementSync | undefined;

	private prepare(sql: string): StatementSync {
		return (this.insertStatement ??= this.database.prepare(sql));
	}

	private commitOneByOne({ events, writes }: Batch): BatchResult {
		const alone = (batch: Partial<Batch>) => this.commit({ events: [], writes: [], ...batch });
		return {
			events: events.flatMap((event) => alone({ events: [event] }).events),
			writes: writes.flatMap((write) => alone({ writes: [write] }).writes),
		};
	}

	/** Why no new event may be stored, though the file could perhaps be written. */
	private obstacle(): Error | undefined {
		try {
			if (statSync(this.file).ino !== this.inode) {
				return new Error(
					`${this.file} was replaced while the inbox had it open. Restart the inbox`,
				);
			}
			const { bavail, bsize } = statfsSync(dirname(this.file));
			const { minFreeBytes } = this.options;
			if (bavail * bsize >= minFreeBytes) return undefined;
			return new Error(
				`less than ${Math.round(minFreeBytes / 2 ** 20)} MB are free on the disk of ${this.file}`,
			);
		} catch {
			return new Error(`${this.file} was deleted while the inbox had it open. Restart the inbox`);
		}
	}

	/** Whether the next commit waits for the disk. One that does takes with it those before that did not. */
	private sync(wanted: boolean): void {
		if (wanted === this.isSynced) return;
		this.database.exec(`PRAGMA synchronous = ${wanted ? 'FULL' : 'NORMAL'}`);
		this.isSynced = wanted;
	}
}

/** Runs statements on a database, each prepared once; gives the rows. */
export function prepareAll(database: DatabaseSync): (statement: Statement) => unknown[] {
	const prepared = new Map<string, StatementSync>();
	return ({ sql, values = [] }) => {
		let statement = prepared.get(sql);
		if (statement === undefined) prepared.set(sql, (statement = database.prepare(sql)));
		return statement.all(Object.fromEntries(values.map((value, i) => [`$${i + 1}`, value])));
	};
}

function toError(error: unknown): Error {
	return error instanceof Error ? error : new Error(String(error));
}
