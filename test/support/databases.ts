import { missingServices } from '../../harness/services';

/** What n8n can keep its data in. */
export type Database = 'SQLite' | 'PostgreSQL';

const withoutPostgres = missingServices().some((name) => name.startsWith('PostgreSQL'));
if (withoutPostgres) process.stderr.write('PostgreSQL is not tested: not found here.\n');

/** Those that are there. */
export const DATABASES: readonly Database[] = withoutPostgres
	? ['SQLite']
	: ['SQLite', 'PostgreSQL'];
