import { DatabaseSync } from 'node:sqlite';

import { Client } from 'pg';

import type { Database, Statement } from './database';
import { isPostgres } from './open';
import { dialect as postgres, qualify } from './postgres';
import { checkPostgresVersion } from './postgres-schema';
import { dialect as sqlite } from './sqlite';
import { prepareAll } from './sqlite-file';
import { checkSqliteVersion } from './sqlite-schema';

/** A store as it is at one moment, beside an inbox that uses it. */
export type Snapshot = Pick<Database, 'dialect' | 'read' | 'close'>;

/** @throws if there is no store, or it is of another version than this program's */
export async function openSnapshot(store: string): Promise<Snapshot> {
	return isPostgres(store) ? await openPostgresSnapshot(store) : openSqliteSnapshot(store);
}

function openSqliteSnapshot(file: string): Snapshot {
	const database = new DatabaseSync(file, { readOnly: true, timeout: 5_000 });
	try {
		database.exec('BEGIN');
		checkSqliteVersion(database);
	} catch (error) {
		database.close();
		throw error;
	}
	const run = prepareAll(database);
	return {
		dialect: sqlite,
		read: async <Row>(statement: Statement) => run(statement) as Row[],
		close: async () => {
			database.close();
		},
	};
}

async function openPostgresSnapshot(connectionString: string): Promise<Snapshot> {
	const client = await connect(connectionString);
	try {
		await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
		await checkPostgresVersion(client);
	} catch (error) {
		await client.end();
		throw error;
	}
	return {
		dialect: postgres,
		read: async <Row>({ sql, values = [] }: Statement) =>
			(await client.query(qualify(sql), [...values])).rows as Row[],
		close: async () => {
			await client.end();
		},
	};
}

/** A session of a command: `koeiq-inbox` alone is the name of those of an inbox. */
export async function connect(connectionString: string): Promise<Client> {
	const client = new Client({
		connectionString,
		...{ application_name: 'koeiq-inbox command', connectionTimeoutMillis: 3_000, keepAlive: true },
	});
	client.on('error', () => {});
	await client.connect();
	return client;
}
