import type { N8nClient } from '../../../harness/client';
import { AsyncDisposableStack, type Started } from '../../../harness/disposal';
import { startN8n } from '../../../harness/n8n';
import { deployedDatabaseSettings, startQueue } from '../../../harness/queue';
import { HarnessError } from '../../../harness/report';
import { startPostgres } from '../../../harness/services';
import { N8N_TEST_IMAGE, N8N_TEST_MODE, N8N_TEST_VERSION } from '../../support/version';

declare global {
	// Between jest's globalSetup and globalTeardown, which share nothing else.
	var n8nUnderTest: UnderTest | undefined;
}

/** The tests' own processes read the address from here. */
export const N8N_URL = 'N8N_UNDER_TEST_URL';
/** And that of the webhooks. */
export const N8N_WEBHOOKS = 'N8N_UNDER_TEST_WEBHOOKS';
/** And n8n's log from the file of this name. */
export const N8N_LOG = 'N8N_UNDER_TEST_LOG';
/** The user folder of the process that runs the workflows. */
export const N8N_FOLDER = 'N8N_UNDER_TEST_FOLDER';

interface UnderTest extends Started {
	client: N8nClient;
	logFile: string;
	folder: string;
}

const MODES: Record<string, () => Promise<UnderTest>> = {
	SQLite: async () => await startN8n({ version: N8N_TEST_VERSION, image: N8N_TEST_IMAGE }),
	PostgreSQL: async () => {
		await using starting = new AsyncDisposableStack();
		const postgres = starting.use(await startPostgres());
		const env = deployedDatabaseSettings(postgres);
		const n8n = starting.use(await startN8n({ version: N8N_TEST_VERSION, env }));
		const both = starting.move();
		const stop = async () => {
			await both[Symbol.asyncDispose]();
		};
		return { ...n8n, stop, [Symbol.asyncDispose]: stop };
	},
	queue: async () => {
		// What a test starts by hand runs where n8n would run it by its schedule.
		const env = { OFFLOAD_MANUAL_EXECUTIONS_TO_WORKERS: 'true' };
		const queue = await startQueue({ version: N8N_TEST_VERSION, env });
		const { client, main, workers } = queue;
		const folder = workers[0]?.folder ?? main.folder;
		return { ...queue, client, logFile: main.logFile, folder };
	},
};

export default async function start(): Promise<void> {
	const startMode = MODES[N8N_TEST_MODE];
	if (startMode === undefined) {
		throw new HarnessError(
			`N8N_TEST_MODE is "${N8N_TEST_MODE}": choose from ${Object.keys(MODES).join(', ')}.`,
		);
	}
	if (N8N_TEST_IMAGE !== undefined && N8N_TEST_MODE !== 'SQLite') {
		throw new HarnessError('N8N_TEST_IMAGE and N8N_TEST_MODE do not go together.');
	}
	const started = await startMode();
	globalThis.n8nUnderTest = started;
	process.env[N8N_URL] = started.client.url;
	process.env[N8N_WEBHOOKS] = started.client.webhooks;
	process.env[N8N_LOG] = started.logFile;
	process.env[N8N_FOLDER] = started.folder;
}
