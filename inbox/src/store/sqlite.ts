import { existsSync } from 'node:fs';
import { stat, statfs } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { Worker } from 'node:worker_threads';

import type { Database, Dialect, EventRow, Statement } from './database';
import {
	prepareAll,
	SqliteFile,
	type Batch,
	type BatchResult,
	type FileOptions,
	type Result,
} from './sqlite-file';
import { migrateSqlite } from './sqlite-schema';
import type { Done, Order } from './sqlite-writer';

const BUSY_TIMEOUT_MS = 5_000;

export const dialect: Dialect = {
	// Leases are this process's own: its clock is the one that nobody sets.
	leaseClock: '$1',
	now: () => Math.round(performance.now()),
	counts: 'SELECT target, state, number FROM counts',
	idText: 'lower(hex(e.id))',
	skipLocked: '',
	keepsNumbers: '',
	rowsPerInsert: 1,
	hasTable: 'SELECT name FROM sqlite_schema WHERE name = $1',
};

/** What writes, in a thread of its own or not. */
interface Writer {
	commit(batch: Batch): Promise<BatchResult>;
	do(order: 'check' | 'shrink' | 'close'): Promise<void>;
}

export interface SqliteOptions extends Pick<FileOptions, 'file' | 'minFreeBytes'> {
	/** Writes in this thread: for tests, whose clock stands still. */
	isInline?: boolean;
	/** The program of the thread that writes: beside this one, as it is built. */
	writer?: string;
}

/**
 * A SQLite file of one inbox. What arrives while one commit is under way goes to disk with the next, all at once; a
 * thread of its own writes, and this one reads.
 *
 * @throws if the file cannot be opened, is damaged or of a later version, or another inbox has it
 */
export function openSqlite({
	file,
	minFreeBytes,
	isInline = false,
	writer: program = join(__dirname, 'sqlite-writer.js'),
}: SqliteOptions): Database {
	// The file's name plus -wal and -shm: whatever is made from here on is its owner's alone.
	process.umask(0o077);
	const lock = lockFile(`${file}.lock`);
	let database: DatabaseSync;
	try {
		database = openChecked(file);
	} catch (error) {
		lock.close();
		throw error;
	}
	// Leases of a process that has ended.
	database.exec(`
		UPDATE deliveries SET locked_by = NULL, locked_until = NULL WHERE locked_by IS NOT NULL;
		UPDATE sends SET locked_until = NULL;
		UPDATE notices SET locked_by = NULL, locked_until = NULL;
	`);
	const run = prepareAll(database);
	const options = { file, minFreeBytes, busyTimeout: BUSY_TIMEOUT_MS };
	const writer = isInline ? inline(new SqliteFile(options)) : new WriterThread(program, options);
	const queue = new Queue(writer);

	return {
		dialect,
		add: async (event) => await queue.add(event),
		checkWritable: async () => {
			await writer.do('check');
		},
		read: async <Row>(statement: Statement) => run(statement) as Row[],
		write: async <Row>(...statements: Statement[]) => (await queue.write(statements)) as Row[][],
		isDamage,
		shrink: async () => {
			await writer.do('shrink');
		},
		size: async () => await sizeOf(file),
		close: async () => {
			await queue.idle();
			await writer.do('close');
			database.close();
			lock.close();
		},
	};
}

/** What waits for the next commit: all that has come by then goes to disk together. */
class Queue {
	private events: Array<Waiting<EventRow, boolean>> = [];
	private writes: Array<Waiting<Statement[], unknown[][]>> = [];
	private committing: Promise<void> | undefined;

	constructor(private readonly writer: Writer) {}

	async add(event: EventRow): Promise<boolean> {
		return await new Promise((resolve, reject) => {
			this.events.push({ order: event, resolve, reject });
			this.committing ??= this.commit();
		});
	}

	async write(statements: Statement[]): Promise<unknown[][]> {
		return await new Promise((resolve, reject) => {
			this.writes.push({ order: statements, resolve, reject });
			this.committing ??= this.commit();
		});
	}

	async idle(): Promise<void> {
		await this.committing;
	}

	private async commit(): Promise<void> {
		// All that this turn of the event loop brings.
		await new Promise((resolve) => setImmediate(resolve));
		while (this.events.length + this.writes.length > 0) {
			const { events, writes } = this;
			this.events = [];
			this.writes = [];
			const done: BatchResult & { error?: unknown } = await this.writer
				.commit({
					events: events.map(({ order }) => order),
					writes: writes.map(({ order }) => order),
				})
				.catch((error: unknown) => ({ events: [], writes: [], error }));
			events.forEach((one, i) => {
				settle(one, done.events[i], done);
			});
			writes.forEach((one, i) => {
				settle(one, done.writes[i], done);
			});
		}
		this.committing = undefined;
	}
}

interface Waiting<Order, Value> {
	order: Order;
	resolve: (value: Value) => void;
	reject: (reason: unknown) => void;
}

function settle<Value>(
	{ resolve, reject }: Waiting<unknown, Value>,
	result: Result<Value> | undefined,
	{ error }: { error?: unknown },
): void {
	if (result !== undefined && 'value' in result) resolve(result.value);
	else reject(result?.error ?? error);
}

class WriterThread implements Writer {
	private readonly thread: Worker;
	/** Of each order that has been posted, in turn. */
	private readonly pending: Array<(done: Done) => void> = [];
	private death: Error | undefined;

	constructor(program: string, options: FileOptions) {
		this.thread = new Worker(program, { workerData: options });
		this.thread.on('message', (done: Done) => this.pending.shift()?.(done));
		this.thread.on('error', (error) => {
			this.death = error instanceof Error ? error : new Error(String(error));
			for (const resolve of this.pending.splice(0)) resolve({ error: this.death });
		});
	}

	async commit(batch: Batch): Promise<BatchResult> {
		const done = await this.post(batch);
		if (typeof done === 'object' && 'events' in done) return done;
		throw done === 'done' ? new Error('the writer answered something else') : done.error;
	}

	async do(order: 'check' | 'shrink' | 'close'): Promise<void> {
		const done = await this.post(order);
		if (typeof done === 'object' && 'error' in done) throw done.error;
		if (order === 'close') await this.thread.terminate();
	}

	private async post(order: Order): Promise<Done> {
		const { death } = this;
		if (death !== undefined) return { error: death };
		return await new Promise((resolve) => {
			this.pending.push(resolve);
			this.thread.postMessage(order);
		});
	}
}

function inline(file: SqliteFile): Writer {
	return {
		commit: async (batch) => file.commit(batch),
		do: async (order) => {
			if (order === 'check') file.checkWritable();
			else if (order === 'shrink') file.shrink();
			else file.close();
		},
	};
}

/** The file with its write-ahead log, which is not there if nothing was written. */
async function sizeOf(file: string): Promise<{ bytes: number; freeBytes: number }> {
	const [{ size }, log, { bavail, bsize }] = await Promise.all([
		stat(file),
		stat(`${file}-wal`).catch(() => ({ size: 0 })),
		statfs(dirname(resolve(file))),
	]);
	return { bytes: size + log.size, freeBytes: bavail * bsize };
}

export class InUseError extends Error {
	override readonly name = 'InUseError';

	constructor() {
		super('another inbox is using it');
	}
}

/** Held until the process ends, however it ends: a second inbox on the same file would send everything twice. */
export function lockFile(name: string): DatabaseSync {
	const lock = new DatabaseSync(name);
	try {
		lock.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE; COMMIT');
	} catch (error) {
		lock.close();
		throw codeOf(error) === SQLITE_BUSY ? new InUseError() : error;
	}
	return lock;
}

function openChecked(file: string): DatabaseSync {
	// Opening makes one.
	const hasLog = existsSync(`${file}-wal`);
	const damaged = (found: string) => {
		const name = basename(file);
		const advice = hasLog
			? `If you have just put a backup here, delete ${name}-wal and ${name}-shm beside it: they belong to another file`
			: 'Restore a backup, or save what can be read with "sqlite3 FILE .recover"';
		return new Error(`the file is damaged (${found}). ${advice}`);
	};
	let database: DatabaseSync | undefined;
	try {
		database = new DatabaseSync(file, { timeout: BUSY_TIMEOUT_MS });
		database.exec('PRAGMA auto_vacuum = INCREMENTAL; PRAGMA journal_mode = WAL');
		const [row] = database.prepare('PRAGMA quick_check(1)').all();
		const [, found = ''] = /^(?:\*\*\*.*\*\*\*\n)?(.*)/.exec(String(row?.['quick_check'])) ?? [];
		if (found !== 'ok') throw damaged(found);
		migrateSqlite(database);
		return database;
	} catch (error) {
		database?.close();
		throw isDamage(error) ? damaged((error as Error).message) : error;
	}
}

const SQLITE_BUSY = 5;
const SQLITE_CORRUPT = 11;
const SQLITE_NOTADB = 26;

function isDamage(error: unknown): boolean {
	return [SQLITE_CORRUPT, SQLITE_NOTADB].includes(codeOf(error));
}

function codeOf(error: unknown): number {
	return Number((error as { errcode?: unknown } | null)?.errcode) & 0xff;
}
