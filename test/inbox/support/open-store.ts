import { createHash, randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { POSTGRES, startPostgres, type Postgres } from '../../../harness/services';
import type { Database } from '../../../inbox/src/store/database';
import { openPostgres } from '../../../inbox/src/store/postgres';
import { SqlStore } from '../../../inbox/src/store/sql-store';
import { openSqlite } from '../../../inbox/src/store/sqlite';
import type { NewEvent, Target } from '../../../inbox/src/store/store';

/* Stores in this process, each new and empty. */

export type StoreName = 'SQLite' | 'PostgreSQL';
export const STORES: readonly StoreName[] = ['SQLite', 'PostgreSQL'];

export interface OpenedStore {
	store: SqlStore;
	database: Database;
	/** A file, or `postgres://…`: to open it again. */
	at: string;
}

let postgres: Promise<Postgres> | undefined;
const closers: Array<() => Promise<void> | void> = [];

export async function postgresServer(): Promise<Postgres> {
	return await (postgres ??= startPostgres());
}

export async function newPlace(name: StoreName, options = ''): Promise<string> {
	if (name === 'SQLite') {
		const folder = mkdtempSync(join(tmpdir(), 'koeiq-store-'));
		closers.push(() => {
			rmSync(folder, { recursive: true, force: true });
		});
		return join(folder, 'inbox.sqlite');
	}
	const server = await postgresServer();
	const database = `inbox_${randomUUID().replaceAll('-', '')}`;
	await server.query(`create database ${database} ${options}`);
	return `postgres://${POSTGRES.user}@127.0.0.1:${server.port}/${database}`;
}

export async function openAt(at: string, targets: readonly Target[]): Promise<OpenedStore> {
	const database = at.startsWith('postgres')
		? await openPostgres(at)
		: openSqlite({ file: at, minFreeBytes: 0, isInline: true });
	const store = await SqlStore.open(database, targets);
	closers.push(async () => {
		await store.close();
	});
	return { store, database, at };
}

/** After each test: whatever it opened. */
export async function closeStores(): Promise<void> {
	for (const close of closers.splice(0).reverse()) await close();
}

/** After the last. */
export async function stopPostgres(): Promise<void> {
	await (await postgres)?.stop();
	postgres = undefined;
}

let count = 0;

/** An event that no other is like. */
export function newEvent(more: Partial<NewEvent> = {}): NewEvent {
	const callId = `CALL-${process.pid}-${++count}`;
	const body =
		more.body ?? Buffer.from(`{"event":"alert.triggered","data":{"call_id":"${callId}"}}`);
	return {
		id: createHash('sha256').update(body).digest('hex'),
		...{ receivedAt: Date.now(), body, contentType: 'application/json', signature: 'sha256=00' },
		...{ event: 'alert.triggered', callId, voicelogId: `vl-${count}` },
		...more,
	};
}

export function newEvents(number: number): NewEvent[] {
	return Array.from({ length: number }, () => newEvent());
}
