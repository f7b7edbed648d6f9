import { parentPort, workerData } from 'node:worker_threads';

import { SqliteFile, type Batch, type BatchResult, type FileOptions } from './sqlite-file';

/*
 * A thread of its own that writes to the SQLite file: while it waits for the disk, the door reads the next requests.
 * Answers each message in turn.
 */

export type Order = Batch | 'check' | 'shrink' | 'close';

/** `done` for an order that is no batch. */
export type Done = BatchResult | 'done' | { error: Error };

const file = new SqliteFile(workerData as FileOptions);

parentPort?.on('message', (order: Order) => {
	parentPort?.postMessage(obey(order));
});

function obey(order: Order): Done {
	if (typeof order === 'object') return file.commit(order);
	try {
		if (order === 'check') file.checkWritable();
		else if (order === 'shrink') file.shrink();
		else file.close();
		return 'done';
	} catch (error) {
		return { error: error instanceof Error ? error : new Error(String(error)) };
	}
}
