import { N8N_VERSION } from '../../harness/n8n';

/** The n8n to test on: another where the environment names it. */
export const N8N_TEST_VERSION = process.env['N8N_TEST_VERSION'] ?? N8N_VERSION;

/** And in a container of this image, where it names one: the version then says only what that n8n can do. */
export const N8N_TEST_IMAGE = process.env['N8N_TEST_IMAGE'];

/** How it runs, and what it keeps its data in: `SQLite` and `PostgreSQL` are one process, `queue` is as in `deploy/queue/`. */
export const N8N_TEST_MODE = process.env['N8N_TEST_MODE'] ?? 'SQLite';

const [MAJOR = 0, MINOR = 0] = N8N_TEST_VERSION.split('.').map(Number);

/** What it can do. */
export const N8N_CAN = {
	/** Before 2.8, n8n answers On Received first and stores the execution after. */
	storeFirst: MAJOR > 2 || (MAJOR === 2 && MINOR >= 8),
	/** 1.x refuses JSON that begins with a BOM, before the trigger sees it. */
	readJsonWithBom: MAJOR >= 2,
	/** Their nodes and API, as the templates and the tests use them. */
	keepDataTables: MAJOR >= 2,
	/** 1.x answers with what a trigger could not do; 2.x publishes behind its answer. */
	publishInBackground: MAJOR >= 2,
	/** In 1.x, a workflow that others call is not switched on. */
	publishSubWorkflows: MAJOR >= 2,
	/** 1.x ends the workflow of an agent whose tool fails. */
	tellAgentsOfFailedTools: MAJOR >= 2,
	/** For the workflows that its API makes. */
	makeWebhookIds: MAJOR >= 2,
} as const;

/** Tests of templates with data tables. The name of what is skipped says why. */
export function describeWithDataTables(name: string, tests: () => void): void {
	if (N8N_CAN.keepDataTables) describe(name, tests);
	else
		describe.skip(
			`${name} (not on n8n ${N8N_TEST_VERSION}: it needs the data tables of n8n 2)`,
			tests,
		);
}
