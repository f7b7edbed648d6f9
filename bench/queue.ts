import type { N8nClient } from '../harness/client';
import { AsyncDisposableStack } from '../harness/disposal';
import { N8N_VERSION, startN8n } from '../harness/n8n';
import { LAZY_ISOLATES } from '../harness/n8n-settings';
import { startQueue } from '../harness/queue';
import { databaseSettings, startPostgres, type Postgres } from '../harness/services';
import { activateWithSecrets, triggerWorkflow } from '../harness/trigger';
import { poll } from '../harness/wait';
import { compare, type Contender, type Report } from './support/compare';
import { ACCEPTED, load, SECRET } from './support/load';
import { untilIdle } from './support/processes';

/* n8n's queue mode beside one process, both on PostgreSQL: how fast events are done, and how fast they are answered. */

const REQUESTS = 150;
/** More than the machine has cores would only show that it has no more. */
const WORKERS = [1, 2];

export async function queue(report: Report): Promise<void> {
	await using running = new AsyncDisposableStack();
	const postgres = running.use(await startPostgres());
	const env = { ...LAZY_ISOLATES, ...databaseSettings(postgres) };
	const single = running.use(await startN8n({ env, report }));
	const contenders = [await contender('one process', single.client, postgres, [single])];
	for (const workers of WORKERS) {
		const started = running.use(await startQueue({ workers, report }));
		const parts = [started.main, ...started.webhookProcessors, ...started.workers];
		const name = `queue mode, ${workers} worker${workers === 1 ? '' : 's'}`;
		contenders.push(await contender(name, started.client, started.postgres, parts));
	}
	await compare(
		{
			name: 'queue',
			text: `# Queue mode\n\nn8n ${N8N_VERSION} on PostgreSQL and Redis, \`N8N_EXPRESSION_ENGINE_LAZY_ACQUIRE=true\`, 1 main process and 1 webhook processor, beside one process on PostgreSQL. ${ACCEPTED.connections} connections, ${REQUESTS} events a round. *Done* is up to the end of the last execution, as n8n has noted it in the database. All of it, the load and the databases too, shares this machine's cores.`,
			rounds: 5,
			contenders,
		},
		report,
	);
}

async function contender(
	name: string,
	client: N8nClient,
	postgres: Postgres,
	parts: ReadonlyArray<{ pid: () => number }>,
): Promise<Contender> {
	const secrets = { webhookSecret: SECRET };
	const { url, workflowId } = await activateWithSecrets(client, triggerWorkflow(), secrets);
	const ask = async (sql: string) => Number((await postgres.query(sql))[0]?.[0]);
	const measure = async () => {
		const newest = await ask('select coalesce(max(id), 0) from execution_entity');
		const { began, perSecond } = await load({ ...ACCEPTED, url, requests: REQUESTS });
		const of = `from execution_entity where "workflowId" = '${workflowId}' and id > ${newest}`;
		await poll(`${REQUESTS} executions to succeed`, 60_000, async () => {
			return (await ask(`select count(*) ${of} and status = 'success'`)) === REQUESTS;
		});
		const seconds = await ask(`select extract(epoch from max("stoppedAt")) ${of}`);
		await untilIdle(parts.map(({ pid }) => pid()));
		return { 'done/s': (REQUESTS * 1000) / (seconds * 1000 - began), 'answered/s': perSecond };
	};
	return { name, measure };
}
