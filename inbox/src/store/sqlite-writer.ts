import { DatabaseSync } from 'node:sqlite';
import { parentPort, workerData } from 'node:worker_threads';

import type { Statement } from './database';
import { prepareAll } from './sqlite-statements';

/*
 * A thread of its own that writes to the SQLite file: while it waits for the disk, the door reads the next requests.
 * Answers each message in turn.
 */

/** Writes that go to disk together, each a transaction of its own if they cannot; or another thing to do. */
export type Order = { writes: ReadonlyArray<readonly Statement[]> } | 'shrink' | 'close';

/** Of each write, the rows of each of its statements, or why it was undone; of another order, whether it was done. */
export type Done = Result[];
export type Result = { rows: unknown[][] } | { error: Error };

export interface WriterData {
	file: string;
	/** Milliseconds. */
	timeout: number;
}

/** KiB. Enough for the inner pages of the indexes of some millions of events. */
const CACHE = 32_768;
/** Pages that are given back to the file system at once. */
const SHRUNK = 2_000;

const { file, timeout } = workerData as WriterData;
const database = new DatabaseSync(file, { timeout });
database.exec(`
	PRAGMA synchronous = FULL;
	PRAGMA secure_delete = FAST;
	PRAGMA cache_size = -${CACHE};
`);
const run = prepareAll(database);

parentPort?.on('message', (order: Order) => {
	parentPort?.postMessage(obey(order));
});

function obey(order: Order): Done {
	if (typeof order === 'object') return commit(order.writes);
	try {
		if (order === 'close') database.close();
		// Until a checkpoint, the file is as long as before; without traffic none would come by itself.
		else database.exec(`PRAGMA incremental_vacuum(${SHRUNK}); PRAGMA wal_checkpoint(PASSIVE)`);
		return [{ rows: [] }];
	} catch (error) {
		return [failed(error)];
	}
}

function commit(writes: ReadonlyArray<readonly Statement[]>): Done {
	try {
		sync(writes.flat().some(({ isVolatile }) => isVolatile !== true));
		database.exec('BEGIN IMMEDIATE');
		const results = writes.map((statements) => ({ rows: statements.map(run) }));
		database.exec('COMMIT');
		return results;
	} catch (error) {
		if (database.isTransaction) database.exec('ROLLBACK');
		// What cannot be stored must not take with it what can.
		return writes.length > 1 ? writes.flatMap((write) => commit([write])) : [failed(error)];
	}
}

let isSynced = true;

/** Whether the next commit waits for the disk. One that does takes with it those before that did not. */
function sync(wanted: boolean): void {
	if (wanted !== isSynced) database.exec(`PRAGMA synchronous = ${wanted ? 'FULL' : 'NORMAL'}`);
	isSynced = wanted;
}

function failed(error: unknown): Result {
	return { error: error instanceof Error ? error : new Error(String(error)) };
}
