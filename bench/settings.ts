import { sampleOf } from '../harness/koeiq/samples';
import { N8N_VERSION, startN8n, type StartedN8n } from '../harness/n8n';
import { LAZY_ISOLATES } from '../harness/n8n-settings';
import { activateWithSecrets, triggerWorkflow } from '../harness/trigger';
import { cpuMilliseconds, headersOf, load, untilIdle } from './support/load';
import { digits, publish, spread, table } from './support/results';
import { measureInRounds, summary } from './support/rounds';

/* What n8n's own settings cost an accepted event: each on an n8n of its own, beside one that has none of them. */

const ROUNDS = 5;
const SECONDS = 4;
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
	const cpu = new Map<string, number[]>();
	try {
		const contenders = [];
		for (const [name, env] of SETTINGS) {
			const host = await startN8n({ env, report });
			hosts.push(host);
			const pid = await host.pid();
			const secrets = { webhookSecret: SECRET };
			const { url } = await activateWithSecrets(host.client, triggerWorkflow(), secrets);
			const headers = headersOf(BODY, SECRET);
			const measure = async () => {
				const before = cpuMilliseconds(pid);
				const run = { url, body: BODY, headers, connections: 10, seconds: SECONDS };
				const { requests, perSecond } = await load(run);
				await untilIdle([pid]);
				const used = (cpuMilliseconds(pid) - before) / requests;
				cpu.set(name, [...(cpu.get(name) ?? []), used]);
				return perSecond;
			};
			contenders.push({ name, measure });
		}
		const figures = await measureInRounds(contenders, ROUNDS, report);
		const rows = figures.map(({ name, median, ratio }) => ({
			setting: name,
			'requests/s': digits(median),
			'to the base': spread(ratio),
			'CPU, ms a request': digits(summary(cpu.get(name) ?? []).median),
		}));
		publish(
			'settings',
			{ version: N8N_VERSION, figures, cpu: Object.fromEntries(cpu) },
			`# What n8n's settings cost\n\nn8n ${N8N_VERSION}, one process each, SQLite, accepted events, 10 connections. Median of ${ROUNDS} interleaved rounds of ${SECONDS} s; in brackets the lowest and the highest ratio.\n\n${table(rows)}`,
		);
	} finally {
		for (const host of hosts) await host.stop();
	}
}
