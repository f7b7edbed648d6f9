import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { Worker } from 'node:worker_threads';

import { EVENT_COLUMNS, type Database, type Dialect, type Statement } from './database';
import { prepareAll } from './sqlite-statements';
import type { Done, Order, WriterData } from './sqlite-writer';

/** One for each version of the file: an update runs those that the file has not seen. */
const MIGRATIONS: readonly string[] = [
	`
	CREATE TABLE targets (
		number INTEGER PRIMARY KEY,
		url TEXT NOT NULL UNIQUE,
		is_current INTEGER NOT NULL
	) STRICT;

	CREATE TABLE events (
		sequence INTEGER PRIMARY KEY AUTOINCREMENT,
		id BLOB NOT NULL UNIQUE,
		received_at INTEGER NOT NULL,
		content_type TEXT,
		signature TEXT NOT NULL,
		event TEXT,
		call_id TEXT,
		voicelog_id TEXT,
		body BLOB NOT NULL
	) STRICT;
	CREATE INDEX events_by_name ON events (event);
	CREATE INDEX events_by_call ON events (call_id);
	CREATE INDEX events_by_voicelog ON events (voicelog_id);

	CREATE TABLE deliveries (
		event INTEGER NOT NULL REFERENCES events ON DELETE CASCADE,
		target INTEGER NOT NULL REFERENCES targets,
		state TEXT NOT NULL DEFAULT 'waiting',
		attempts INTEGER NOT NULL DEFAULT 0,
		last_answer TEXT,
		tried_at INTEGER,
		due_at INTEGER,
		ended_at INTEGER,
		owner INTEGER,
		PRIMARY KEY (event, target)
	) STRICT, WITHOUT ROWID;
	CREATE INDEX deliveries_by_state ON deliveries (target, state, event);
	CREATE INDEX deliveries_by_due ON deliveries (target, due_at) WHERE state = 'retrying';
	CREATE INDEX deliveries_by_end ON deliveries (ended_at, event) WHERE ended_at IS NOT NULL;
	CREATE INDEX deliveries_by_owner ON deliveries (owner) WHERE owner IS NOT NULL;

	-- Counting a million rows would hold up the door each time that somebody looks.
	CREATE TABLE counts (
		target INTEGER NOT NULL,
		state TEXT NOT NULL,
		number INTEGER NOT NULL,
		PRIMARY KEY (target, state)
	) STRICT, WITHOUT ROWID;
	CREATE TRIGGER count_new AFTER INSERT ON deliveries BEGIN
		INSERT INTO counts VALUES (new.target, new.state, 1)
			ON CONFLICT DO UPDATE SET number = number + 1;
	END;
	CREATE TRIGGER count_old AFTER DELETE ON deliveries BEGIN
		UPDATE counts SET number = number - 1 WHERE target = old.target AND state = old.state;
	END;
	CREATE TRIGGER count_changed AFTER UPDATE OF target, state ON deliveries BEGIN
		UPDATE counts SET number = number - 1 WHERE target = old.target AND state = old.state;
		INSERT INTO counts VALUES (new.target, new.state, 1)
			ON CONFLICT DO UPDATE SET number = number + 1;
	END;

	CREATE TABLE health (checked_at INTEGER NOT NULL) STRICT;
	INSERT INTO health VALUES (0);
	`,
];

/** Milliseconds, for a program of somebody else that has the file. */
const BUSY_TIMEOUT = 5_000;

const dialect: Dialect = {
	add: (values) => [
		{
			sql: `INSERT INTO events (${EVENT_COLUMNS}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
				ON CONFLICT DO NOTHING RETURNING sequence`,
			values,
		},
		{
			sql: `INSERT INTO deliveries (event, target)
				SELECT last_insert_rowid(), number FROM targets WHERE is_current = 1 AND changes() = 1`,
		},
	],
	counts: 'SELECT target, state, number FROM counts',
	skipTaken: '',
};

/** A write that waits for the next commit. */
interface Write {
	statements: Statement[];
	resolve: (rows: unknown[][]) => void;
	reject: (reason: unknown) => void;
}

/**
 * A SQLite file of one inbox. What arrives while one commit is under way goes to disk with the next, all at once; a
 * thread of its own writes, and this one reads.
 *
 * @throws if the file cannot be opened, is of a later version, or another inbox has it
 */
export function openSqlite(file: string): Database {
	// The file's name plus -wal and -shm: whatever is made from here on is its owner's alone.
	process.umask(0o077);
	const lock = lockFile(`${file}.lock`);
	const database = new DatabaseSync(file, { timeout: BUSY_TIMEOUT });
	database.exec(`
		PRAGMA auto_vacuum = INCREMENTAL;
		PRAGMA journal_mode = WAL;
	`);
	migrate(database);
	database.exec('UPDATE deliveries SET owner = NULL WHERE owner IS NOT NULL');
	const run = prepareAll(database);
	const writer = new Writer(file);

	return {
		dialect,
		owner: 1,
		read: async <Row>(statement: Statement) => run(statement) as Row[],
		write: async <Row>(...statements: Statement[]) => (await writer.write(statements)) as Row[][],
		shrink: async () => {
			const [result] = await writer.obey('shrink');
			if (result !== undefined && 'error' in result) throw result.error;
		},
		close: async () => {
			await writer.close();
			database.close();
			lock.close();
		},
	};
}

/** The thread that writes, and what waits for it. */
class Writer {
	private readonly thread: Worker;
	/** Who waits for the answers to what the thread has been told, in turn. */
	private readonly told: Array<(done: Done) => void> = [];
	private waiting: Write[] = [];
	/** The commit that is under way, or begins with this turn of the event loop. */
	private committing: Promise<void> | undefined;

	constructor(file: string) {
		const workerData: WriterData = { file, timeout: BUSY_TIMEOUT };
		this.thread = new Worker(join(__dirname, 'sqlite-writer.js'), { workerData });
		this.thread.on('message', (done: Done) => this.told.shift()?.(done));
		this.thread.on('error', (error) => {
			throw error;
		});
	}

	async write(statements: Statement[]): Promise<unknown[][]> {
		return await new Promise((resolve, reject) => {
			this.waiting.push({ statements, resolve, reject });
			this.committing ??= this.commit();
		});
	}

	async obey(order: Order): Promise<Done> {
		const done = await new Promise<Done>((resolve) => {
			this.told.push(resolve);
			this.thread.postMessage(order);
		});
		return done;
	}

	/** Writes what waits first. */
	async close(): Promise<void> {
		await this.committing;
		await this.obey('close');
		await this.thread.terminate();
	}

	/** Until nothing waits. */
	private async commit(): Promise<void> {
		// All that this turn of the event loop brings.
		await new Promise((resolve) => setImmediate(resolve));
		while (this.waiting.length > 0) {
			const writes = this.waiting;
			this.waiting = [];
			const done = await this.obey({ writes: writes.map(({ statements }) => statements) });
			writes.forEach(({ resolve, reject }, i) => {
				const result = done[i];
				if (result !== undefined && 'rows' in result) resolve(result.rows);
				else reject(result?.error);
			});
		}
		this.committing = undefined;
	}
}

/** Held until the process ends, however it ends: a second inbox on the same file would send everything twice. */
function lockFile(name: string): DatabaseSync {
	const lock = new DatabaseSync(name);
	try {
		lock.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE; COMMIT');
	} catch (error) {
		throw isLocked(error) ? new Error('another inbox keeps its events in it') : error;
	}
	return lock;
}

function isLocked(error: unknown): boolean {
	return error instanceof Error && error.message === 'database is locked';
}

function migrate(database: DatabaseSync): void {
	const version = Number(database.prepare('PRAGMA user_version').get()?.['user_version']);
	if (version > MIGRATIONS.length) {
		throw new Error(`it is of version ${version}, and this inbox knows ${MIGRATIONS.length}`);
	}
	MIGRATIONS.slice(version).forEach((sql, i) => {
		database.exec(`BEGIN; ${sql}; PRAGMA user_version = ${version + i + 1}; COMMIT`);
	});
}
