import { DatabaseSync, type StatementSync } from 'node:sqlite';

import { EVENT_COLUMNS, type Database, type Dialect, type Statement } from './database';

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

/** KiB. Enough for the inner pages of the indexes of some millions of events. */
const CACHE = 32_768;

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
	statements: readonly Statement[];
	resolve: (rows: unknown[][]) => void;
	reject: (reason: unknown) => void;
}

/**
 * A SQLite file of one inbox. What arrives while one commit is under way goes to disk with the next, all at once.
 *
 * @throws if the file cannot be opened, is of a later version, or another inbox has it
 */
export function openSqlite(file: string): Database {
	// The file's name plus -wal and -shm: whatever is made from here on is its owner's alone.
	process.umask(0o077);
	const lock = lockFile(`${file}.lock`);
	const database = new DatabaseSync(file);
	database.exec(`
		PRAGMA auto_vacuum = INCREMENTAL;
		PRAGMA journal_mode = WAL;
		PRAGMA synchronous = FULL;
		PRAGMA secure_delete = FAST;
		PRAGMA cache_size = -${CACHE};
	`);
	migrate(database);
	database.exec('UPDATE deliveries SET owner = NULL WHERE owner IS NOT NULL');

	const prepared = new Map<string, StatementSync>();
	const run = ({ sql, values = [] }: Statement): unknown[] => {
		let statement = prepared.get(sql);
		if (statement === undefined) prepared.set(sql, (statement = database.prepare(sql)));
		const named = Object.fromEntries(values.map((value, i) => [`$${i + 1}`, value]));
		return statement.all(named);
	};

	const commit = (writes: readonly Write[]): void => {
		try {
			database.exec('BEGIN IMMEDIATE');
			const rows = writes.map(({ statements }) => statements.map(run));
			database.exec('COMMIT');
			writes.forEach(({ resolve }, i) => {
				resolve(rows[i] ?? []);
			});
		} catch (error) {
			if (database.isTransaction) database.exec('ROLLBACK');
			// What cannot be stored must not take with it what can.
			if (writes.length > 1) for (const write of writes) commit([write]);
			else writes[0]?.reject(error);
		}
	};
	let waiting: Write[] = [];
	const commitAll = () => {
		const writes = waiting;
		waiting = [];
		commit(writes);
	};

	return {
		dialect,
		owner: 1,
		read: async <Row>(statement: Statement) => run(statement) as Row[],
		write: async <Row>(...statements: Statement[]) =>
			await new Promise<Row[][]>((resolve, reject) => {
				if (waiting.length === 0) setImmediate(commitAll);
				waiting.push({ statements, resolve: resolve as Write['resolve'], reject });
			}),
		shrink: async () => {
			database.exec('PRAGMA incremental_vacuum(2000)');
		},
		close: async () => {
			if (waiting.length > 0) commitAll();
			database.close();
			lock.close();
		},
	};
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
