import { sampleOf } from '../harness/koeiq/samples';
import { N8N_VERSION, startN8n } from '../harness/n8n';
import { LAZY_ISOLATES } from '../harness/n8n-settings';
import type { N8nClient } from '../harness/client';
import { startQueue } from '../harness/queue';
import { POSTGRES, startPostgres } from '../harness/services';
import { activateWithSecrets, triggerWorkflow } from '../harness/trigger';
import { headersOf, load, loadAtRate, treeCpuMilliseconds, untilIdle } from './support/load';
import { digits, publish, spread, table } from './support/results';
import { measureInRounds } from './support/rounds';

/* n8n's queue mode beside one process, both on PostgreSQL: how fast events are taken, and how fast they are done. */

const SECRET = 'the-secret-of-the-benchmark';
const ROUNDS = 5;
const SECONDS = 4;
const WORKERS = [1, 2, 4];
const BODY = JSON.stringify(sampleOf('analytics.completed'));

interface Setting {
	name: string;
	url: string;
	/** What must come to rest before an event is done. */
	processes: number[];
	/** Everything that works for it. */
	parts: Record<string, number[]>;
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
		report('queue, CPU by part');
		const cpu = await measureCpu(settings.slice(0, 2));
		const figures = [...accepted, ...forged];
		const rows = figures.map(({ name, median, ratio }) => ({
			what: name,
			'events/s': digits(median),
			'to one process': spread(ratio),
		}));
		publish(
			'queue',
			{ version: N8N_VERSION, figures, cpu },
			`# Queue mode\n\nn8n ${N8N_VERSION} on PostgreSQL and Redis, \`N8N_EXPRESSION_ENGINE_LAZY_ACQUIRE=true\`, 1 main process and 1 webhook processor, beside one process on PostgreSQL. 10 connections; median of ${ROUNDS} interleaved rounds of ${SECONDS} s, in brackets the lowest and the highest ratio. *Done* is until the last execution has ended. All of it, the load and both databases too, shares this machine's cores: more workers than cores cannot show what they are worth.\n\n${table(rows)}\n\n## Who works how much\n\nMilliseconds of CPU for one accepted event, to its end: what decides how many of each part a rate needs, where each has a core.\n\n${table(cpu.map(({ milliseconds, ...row }) => ({ ...row, 'CPU, ms an event': digits(milliseconds) })))}`,
		);
	} finally {
		for (const setting of settings.reverse()) await setting.stop();
	}
}

/** At half of what one process takes, so that none waits for another. */
async function measureCpu(settings: Setting[]) {
	const rows: Array<{ setting: string; part: string; milliseconds: number }> = [];
	const rate = 30;
	for (const { name, url, processes, parts } of settings) {
		const total = (pids: number[]) => pids.reduce((sum, pid) => sum + treeCpuMilliseconds(pid), 0);
		const used = () => Object.values(parts).map(total);
		const before = used();
		const wanted = { url, body: BODY, headers: headersOf(BODY, SECRET), seconds: 20 };
		const { requests } = await loadAtRate(wanted, rate);
		await untilIdle(processes);
		const after = used();
		Object.keys(parts).forEach((part, i) => {
			const milliseconds = ((after[i] ?? NaN) - (before[i] ?? NaN)) / requests;
			rows.push({ setting: name, part, milliseconds });
		});
	}
	return rows;
}

async function oneProcess(report: (line: string) => void): Promise<Setting> {
	const postgres = await startPostgres();
	const env = {
		...LAZY_ISOLATES,
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
		parts: { n8n: [await n8n.pid()], PostgreSQL: [await postgres.pid()] },
		stop: async () => {
			await n8n.stop();
			await postgres.stop();
		},
	};
}

async function queueMode(workers: number, report: (line: string) => void): Promise<Setting> {
	const started = await startQueue({ workers, report });
	const { main, webhookProcessors, postgres, redis } = started;
	const pids = async (of: Array<{ pid(): Promise<number> }>) =>
		await Promise.all(of.map((one) => one.pid()));
	const [processors, running] = [await pids(webhookProcessors), await pids(started.workers)];
	return {
		name: `queue mode, ${workers} worker${workers === 1 ? '' : 's'}`,
		url: await activate(started.client, started.url),
		processes: [...processors, ...running],
		parts: {
			main: await pids([main]),
			'webhook processor': processors,
			worker: running,
			PostgreSQL: await pids([postgres]),
			Redis: await pids([redis]),
		},
		stop: () => started.stop(),
	};
}

async function activate(client: N8nClient, receiver: string): Promise<string> {
	const secrets = { webhookSecret: SECRET };
	return (await activateWithSecrets(client, triggerWorkflow(), secrets, receiver)).url;
}
