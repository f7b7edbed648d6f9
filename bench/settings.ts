import { sampleOf } from '../harness/koeiq/samples';
import { N8N_VERSION, startN8n, type StartedN8n } from '../harness/n8n';
import { LAZY_ISOLATES } from '../harness/n8n-settings';
import { activateWithSecrets, triggerWorkflow } from '../harness/trigger';
import { load, signed } from './support/load';
import { cpuMilliseconds, untilIdle } from './support/processes';
import { digits, publish, spread, table } from './support/results';
import { measureInRounds, type Contender } from './support/rounds';

/* What n8n's own settings cost an accepted event: each on an n8n of its own, beside one that has none of them. */

const ROUNDS = 5;
const REQUESTS = 100;
const SECRET = 'the-secret-of-the-benchmark';
const BODY = JSON.stringify(sampleOf('analytics.completed'));

const SETTINGS: ReadonlyArray<readonly [string, NodeJS.ProcessEnv]> = [
	['lazy isolates (the base)', LAZY_ISOLATES],
	['as shipped: isolates for every request', {}],
	[
		'EXECUTIONS_DATA_SAVE_ON_SUCCESS=none',
		{ ...LAZY_ISOLATES, EXECUTIONS_DATA_SAVE_ON_SUCCESS: 'none' },
	],
	['EXECUTIONS_DATA_PRUNE=false', { ...LAZY_ISOLATES, EXECUTIONS_DATA_PRUNE: 'false' }],
	['DB_SQLITE_POOL_SIZE=16', { ...LAZY_ISOLATES, DB_SQLITE_POOL_SIZE: '16' }],
	[
		'N8N_CONCURRENCY_PRODUCTION_LIMIT=5',
		{ ...LAZY_ISOLATES, N8N_CONCURRENCY_PRODUCTION_LIMIT: '5' },
	],
];

export async function settings(report: (line: string) => void): Promise<void> {
	const hosts: StartedN8n[] = [];
	try {
		const contenders: Array<Contender<'perSecond' | 'cpu'>> = [];
		for (const [name, env] of SETTINGS) {
			const host = await startN8n({ env, report });
			hosts.push(host);
			const secrets = { webhookSecret: SECRET };
			const { url } = await activateWithSecrets(host.client, triggerWorkflow(), secrets);
			const pid = host.pid();
			contenders.push({ name, measure: async () => await measure(url, pid) });
		}
		report('settings, throughput');
		const figures = await measureInRounds(contenders, ROUNDS, report);
		const rows = Object.entries(figures).map(([name, { perSecond, cpu }]) => ({
			setting: name,
			'requests/s': digits(perSecond.median),
			'to the base': spread(perSecond.ratio),
			'CPU, ms a request': digits(cpu.median),
		}));
		publish(
			'settings',
			`# What n8n's settings cost\n\nn8n ${N8N_VERSION}, one process each, SQLite, accepted events, 10 connections. Median of ${ROUNDS} interleaved rounds of ${REQUESTS} requests; in brackets the lowest and the highest ratio.\n\n${table(rows)}`,
		);
	} finally {
		for (const host of hosts) await host.stop();
	}
}

async function measure(url: string, pid: number): Promise<{ perSecond: number; cpu: number }> {
	const before = cpuMilliseconds(pid);
	const { perSecond } = await load({
		...{ url, requests: REQUESTS, connections: 10, content: signed(BODY, SECRET) },
	});
	await untilIdle([pid]);
	return { perSecond, cpu: (cpuMilliseconds(pid) - before) / REQUESTS };
}
