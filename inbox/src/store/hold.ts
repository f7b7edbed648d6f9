import { connect } from './snapshot';
import { isPostgres } from './open';
import { INBOX_SESSION } from './postgres';
import { SCHEMA } from './postgres-schema';
import { InUseError, lockFile } from './sqlite';
import { TABLES } from './tables';

/** Keeps every inbox from using a store. */
export interface Hold {
	/** @throws if it was lost meanwhile */
	release(): Promise<void>;
}

/** Undefined while an inbox uses the store. */
export async function hold(store: string): Promise<Hold | undefined> {
	return isPostgres(store) ? await holdPostgres(store) : holdFile(store);
}

function holdFile(file: string): Hold | undefined {
	try {
		const lock = lockFile(`${file}.lock`);
		return {
			release: async () => {
				lock.close();
			},
		};
	} catch (error) {
		if (error instanceof InUseError) return undefined;
		throw error;
	}
}

/** Who reads is let in, nobody else. An inbox has a session at any time: it asks for its targets each second. */
async function holdPostgres(connectionString: string): Promise<Hold | undefined> {
	const client = await connect(connectionString);
	try {
		const isUsed = async () => {
			const { rows } = await client.query(
				'SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND application_name = $1',
				[INBOX_SESSION],
			);
			return rows.length > 0;
		};
		if (!(await isUsed())) {
			const tables = TABLES.map(({ name }) => `${SCHEMA}.${name}`).join();
			await client.query(`BEGIN; LOCK TABLE ${tables} IN SHARE ROW EXCLUSIVE MODE`);
			// One that has come since is turned away by the lock, or is seen here.
			if (!(await isUsed())) {
				return {
					release: async () => {
						await client.query('COMMIT');
						await client.end();
					},
				};
			}
		}
	} catch (error) {
		await client.end();
		throw error;
	}
	await client.end();
	return undefined;
}
