/** What n8n can keep its data in. */
export type Database = 'SQLite' | 'PostgreSQL';

export const DATABASES: readonly Database[] = ['SQLite', 'PostgreSQL'];
