import { startN8n, type StartedN8n } from '../../harness/n8n';
import { LAZY_ISOLATES } from '../../harness/n8n-settings';
import { missingServices, POSTGRES, startPostgres } from '../../harness/services';
import { N8N_TEST_VERSION } from './version';

const hasPostgres = !missingServices().some((service) => service.startsWith('PostgreSQL'));
if (!hasPostgres) process.stderr.write('PostgreSQL is not here: tested on SQLite only.\n');

/** What n8n can keep its data in, and is here. */
export const DATABASES = hasPostgres ? (['SQLite', 'PostgreSQL'] as const) : (['SQLite'] as const);

/** One process of n8n on a database of its own, which goes with it. */
export async function startOn(
	database: (typeof DATABASES)[number],
	env: NodeJS.ProcessEnv = {},
): Promise<StartedN8n> {
	const settings = { version: N8N_TEST_VERSION, env: { ...LAZY_ISOLATES, ...env } };
	if (database === 'SQLite') return await startN8n(settings);
	const postgres = await startPostgres();
	try {
		const n8n = await startN8n({ ...settings, env: { ...settings.env, ...at(postgres.port) } });
		const stop = async () => {
			await n8n.stop();
			await postgres.stop();
		};
		return { ...n8n, stop };
	} catch (error) {
		await postgres.stop();
		throw error;
	}
}

function at(port: number): NodeJS.ProcessEnv {
	return {
		DB_TYPE: 'postgresdb',
		DB_POSTGRESDB_HOST: '127.0.0.1',
		DB_POSTGRESDB_PORT: String(port),
		DB_POSTGRESDB_USER: POSTGRES.user,
		DB_POSTGRESDB_DATABASE: POSTGRES.database,
		DB_POSTGRESDB_PASSWORD: '',
	};
}
