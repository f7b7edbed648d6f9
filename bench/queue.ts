import type { N8nClient } from '../harness/client';
import { sampleOf } from '../harness/koeiq/samples';
import { N8N_VERSION, startN8n } from '../harness/n8n';
import { LAZY_ISOLATES } from '../harness/n8n-settings';
import { startQueue } from '../harness/queue';
import { databaseSettings, startPostgres, type Postgres } from '../harness/services';
import { activateWithSecrets, triggerWorkflow, type Activated } from '../harness/trigger';
import { poll } from '../harness/wait';
import { assertPossible, load, signed } from './support/load';
import { treeCpuMilliseconds, untilIdle } from './support/processes';
import { digits, publish, spread, table, type Row } from './support/results';
import { measureInRounds, type Figure } from './support/rounds';

/* n8n's queue mode beside one process, both on PostgreSQL: how fast events are answered, and how fast they are done. */

const SECRET = 'the-secret-of-the-benchmark';
const ROUNDS = 5;
const REQUESTS = 150;
/** More than the machine has cores would only show that it has no more. */
const WORKERS = [1, 2];
const BODY = JSON.stringify(sampleOf('analytics.completed'));
const ACCEPTED = { requests: REQUESTS, connections: 10, content: signed(BODY, SECRET) };
const FORGED = { ...ACCEPTED, content: signed(BODY, 'a forger'), expects: 401 };

interface Setting extends Activated {
	name: string;
	/** The process ids of each part that works on an event. */
	parts: Record<string, number[]>;
	postgres: Postgres;
	stop(): Promise<void>;
}

export async function queue(report: (line: string) => void): Promise<void> {
	const settings: Setting[] = [];
	try {
		settings.push(await oneProcess(report));
		for (const workers of WORKERS) settings.push(await queueMode(workers, report));
		report('queue, accepted');
		const accepted = await measureInRounds(
			settings.map((setting) => ({ name: setting.name, measure: () => measureAccepted(setting) })),
			ROUNDS,
			report,
		);
		report('queue, forged');
		const forged = await measureInRounds(
			settings.map((setting) => ({ name: setting.name, measure: () => measureForged(setting) })),
			ROUNDS,
			report,
		);
		report('queue, CPU by part');
		const cpu = [];
		for (const setting of settings.slice(0, 2)) cpu.push(...(await measureCpu(setting)));

		const row = (name: string, { median, ratio }: Figure): Row => ({
			what: name,
			'events/s': digits(median),
			'to one process': spread(ratio),
		});
		const rows = [
			...Object.entries(accepted).flatMap(([name, { answered, done }]) => [
				row(`${name}, accepted, answered`, answered),
				row(`${name}, accepted, done`, done),
			]),
			...Object.entries(forged).map(([name, { answered }]) => row(`${name}, forged`, answered)),
		];
		publish(
			'queue',
			`# Queue mode\n\nn8n ${N8N_VERSION} on PostgreSQL and Redis, \`N8N_EXPRESSION_ENGINE_LAZY_ACQUIRE=true\`, 1 main process and 1 webhook processor, beside one process on PostgreSQL. 10 connections; median of ${ROUNDS} interleaved rounds of ${REQUESTS} events, in brackets the lowest and the highest ratio. *Answered* is up to the last answer, *done*, of the same events, up to the end of the last execution as well, as n8n has noted it in the database. All of it, the load and the databases too, shares this machine's cores: more workers than cores cannot show what they are worth.\n\n${table(rows)}\n\n## Who works how much\n\nMilliseconds of CPU for one accepted event, to its end: what decides how many of each part a rate needs, if each has a core.\n\n${table(cpu.map(({ milliseconds, ...part }) => ({ ...part, 'CPU, ms an event': digits(milliseconds) })))}`,
		);
	} finally {
		for (const setting of settings.reverse()) await setting.stop();
	}
}

/** Events a second that are answered and that are done, of one load. */
async function measureAccepted(setting: Setting): Promise<{ answered: number; done: number }> {
	const { url, workflowId, postgres } = setting;
	const newest = Number(
		(await ask(postgres, 'select coalesce(max(id), 0) from execution_entity')) ?? 0,
	);
	const { requests, began, perSecond } = await load({ ...ACCEPTED, url });
	const of = `from execution_entity where "workflowId" = '${workflowId}' and id > ${newest}`;
	await poll(`${requests} executions to succeed`, 60_000, async () => {
		const count = await ask(postgres, `select count(*) ${of} and status = 'success'`);
		return Number(count) === requests;
	});
	const seconds = await ask(postgres, `select extract(epoch from max("stoppedAt")) ${of}`);
	await untilIdle(Object.values(setting.parts).flat());
	const done = (requests * 1000) / (Number(seconds) * 1000 - began);
	assertPossible(perSecond, done);
	return { answered: perSecond, done };
}

async function ask(postgres: Postgres, sql: string): Promise<string | undefined> {
	return (await postgres.query(sql))[0]?.[0];
}

async function measureForged({ url, parts }: Setting): Promise<{ answered: number }> {
	const { perSecond } = await load({ ...FORGED, url });
	await untilIdle(Object.values(parts).flat());
	return { answered: perSecond };
}

/** One event at a time, so that every part has time to spare. */
async function measureCpu({ name, url, parts }: Setting) {
	const used = () =>
		Object.values(parts).map((pids) =>
			pids.reduce((sum, pid) => sum + treeCpuMilliseconds(pid), 0),
		);
	const before = used();
	const { requests } = await load({ ...ACCEPTED, url, connections: 1 });
	await untilIdle(Object.values(parts).flat());
	const after = used();
	return Object.keys(parts).map((part, i) => ({
		setting: name,
		part,
		milliseconds: ((after[i] ?? NaN) - (before[i] ?? NaN)) / requests,
	}));
}

async function oneProcess(report: (line: string) => void): Promise<Setting> {
	const postgres = await startPostgres();
	const env = { ...LAZY_ISOLATES, ...databaseSettings(postgres) };
	const n8n = await startN8n({ env, report });
	return {
		name: 'one process',
		...(await activate(n8n.client)),
		parts: { n8n: [n8n.pid()], PostgreSQL: [postgres.pid()] },
		postgres,
		stop: async () => {
			await n8n.stop();
			await postgres.stop();
		},
	};
}

async function queueMode(workers: number, report: (line: string) => void): Promise<Setting> {
	const started = await startQueue({ workers, report });
	const pids = (of: Array<{ pid(): number }>) => of.map((one) => one.pid());
	return {
		name: `queue mode, ${workers} worker${workers === 1 ? '' : 's'}`,
		...(await activate(started.client)),
		parts: {
			main: pids([started.main]),
			'webhook processor': pids(started.webhookProcessors),
			worker: pids(started.workers),
			PostgreSQL: pids([started.postgres]),
			Redis: pids([started.redis]),
		},
		postgres: started.postgres,
		stop: () => started.stop(),
	};
}

async function activate(client: N8nClient): Promise<Activated> {
	const secrets = { webhookSecret: SECRET };
	return await activateWithSecrets(client, triggerWorkflow(), secrets);
}
