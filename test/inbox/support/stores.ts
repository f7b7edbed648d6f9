import { startPostgres, POSTGRES, type Postgres } from '../../../harness/services';

/** Where an inbox can keep its events. */
export type StoreName = 'SQLite' | 'PostgreSQL';

export const STORES: readonly StoreName[] = ['SQLite', 'PostgreSQL'];

let postgres: Promise<Postgres> | undefined;
let databases = 0;

/** Settings for a store that is new and empty. */
export async function newStore(store: StoreName): Promise<NodeJS.ProcessEnv> {
	if (store === 'SQLite') return {};
	postgres ??= startPostgres();
	const server = await postgres;
	const name = `inbox_${++databases}`;
	await server.query(`create database ${name}`);
	return { INBOX_STORE: `postgres://${POSTGRES.user}@127.0.0.1:${server.port}/${name}` };
}

/** The PostgreSQL of this file's tests. */
export async function postgresServer(): Promise<Postgres> {
	return await (postgres ??= startPostgres());
}

export async function stopStores(): Promise<void> {
	await (await postgres)?.stop();
	postgres = undefined;
}
