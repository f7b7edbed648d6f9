import { N8N_VERSION, startN8n, waitForWebhook, type N8n } from '../host/n8n';
import { startQueue } from '../host/queue';
import { POSTGRES, startPostgres } from '../host/services';
import { EVENTS } from '../nodes/KoeIq/core/events';
import type { N8nClient } from '../host/client';
import { LAZY } from './n8n';
import { headersOf, load, untilIdle } from './support/load';
import { digits, publish, spread, table } from './support/results';
import { measureInRounds } from './support/rounds';
import { koeIqTrigger } from './support/workflows';

/* n8n's queue mode beside one process, both on PostgreSQL: how fast events are taken, and how fast they are done. */

const SECRET = 'the-secret-of-the-benchmark';
const ROUNDS = 5;
const SECONDS = 4;
const WORKERS = [1, 2, 4];
const BODY = JSON.stringify(EVENTS[1]?.sample);

interface Setting {
	name: string;
	url: string;
	/** What must come to rest before an event is done. */
	processes: number[];
	stop(): Promise<void>;
}

export async function queue(report: (line: string) => void): Promise<void> {
	const settings: Setting[] = [];
	try {
		settings.push(await oneProcess(report));
		for (const workers of WORKERS) settings.push(await queueMode(workers, report));
		report('queue, throughput');
		const measure = (headers: Record<string, string>, kind: string) =>
			settings.flatMap(({ name, url, processes }) => {
				const run = async (untilDone: boolean) => {
					const began = performance.now();
					const wanted = { url, body: BODY, headers, connections: 10, seconds: SECONDS };
					const { requests, perSecond } = await load(wanted);
					await untilIdle(processes);
					return untilDone ? (requests * 1000) / (performance.now() - began - 750) : perSecond;
				};
				return [
					{ name: `${name}, ${kind}, answered`, measure: () => run(false) },
					...(kind === 'accepted'
						? [{ name: `${name}, ${kind}, done`, measure: () => run(true) }]
						: []),
				];
			});
		const accepted = await measureInRounds(
			measure(headersOf(BODY, SECRET), 'accepted'),
			ROUNDS,
			report,
		);
		const forged = await measureInRounds(
			measure(headersOf(BODY, 'a forger'), 'forged'),
			ROUNDS,
			report,
		);
		const figures = [...accepted, ...forged];
		const rows = figures.map(({ name, median, ratio }) => ({
			what: name,
			'events/s': digits(median),
			'to one process': spread(ratio),
		}));
		publish(
			'queue',
			{ version: N8N_VERSION, figures },
			`# Queue mode\n\nn8n ${N8N_VERSION} on PostgreSQL and Redis, \`N8N_EXPRESSION_ENGINE_LAZY_ACQUIRE=true\`, 1 main process and 1 webhook processor, beside one process on PostgreSQL. 10 connections; median of ${ROUNDS} interleaved rounds of ${SECONDS} s, in brackets the lowest and the highest ratio. *Done* is until the last execution has ended. All of it, the load and both databases too, shares this machine's cores: more workers than cores cannot show what they are worth.\n\n${table(rows)}`,
		);
	} finally {
		for (const { stop } of settings.reverse()) await stop();
	}
}

async function oneProcess(report: (line: string) => void): Promise<Setting> {
	const postgres = await startPostgres();
	const env = {
		...LAZY,
		DB_TYPE: 'postgresdb',
		DB_POSTGRESDB_HOST: '127.0.0.1',
		DB_POSTGRESDB_PORT: String(postgres.port),
		DB_POSTGRESDB_USER: POSTGRES.user,
		DB_POSTGRESDB_DATABASE: POSTGRES.database,
	};
	const n8n = await startN8n({ env, report });
	return {
		name: 'one process',
		url: await activate(n8n.client, n8n.url),
		processes: [await n8n.pid()],
		stop: async () => {
			await n8n.stop();
			await postgres.stop();
		},
	};
}

async function queueMode(workers: number, report: (line: string) => void): Promise<Setting> {
	const started = await startQueue({ workers, report });
	const parts: N8n[] = [...started.webhookProcessors, ...started.workers];
	return {
		name: `queue mode, ${workers} worker${workers === 1 ? '' : 's'}`,
		url: await activate(started.client, started.urls[0] ?? ''),
		processes: await Promise.all(parts.map((part) => part.pid())),
		stop: () => started.stop(),
	};
}

async function activate(client: N8nClient, receiver: string): Promise<string> {
	const id = await client.createCredential('koeIqWebhookApi', { webhookSecret: SECRET });
	const { workflow, path } = koeIqTrigger(id);
	await client.activate(await client.createWorkflow(workflow));
	const address = `${receiver}/webhook/${path}`;
	await waitForWebhook(address);
	return address;
}
