import { execFileSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';

import { N8N_VERSION } from '../harness/n8n';
import { startQueue, type StartedQueue } from '../harness/queue';
import {
	activateFor,
	countFates,
	isWrittenOver,
	noteArrivals,
	settle,
	untilAccepted,
	type Fates,
	type Run,
} from '../test/queue/support/runs';
import { stream, type Sent } from '../harness/load';
import { publish, table } from './support/results';

/*
 * PostgreSQL killed under load in queue mode, again and again: where each event went that was answered 200. Down for
 * longer than n8n's three pings, so that each of its processes may make its connections anew.
 */

const SECRET = 'the-secret-of-the-benchmark';
const PER_SECOND = 10;
/** n8n's own values, in place of what `deploy/queue/n8n.env` sets. */
const DEFAULTS = {
	DB_PING_MAX_FAILURES_BEFORE_RECOVERY: '3',
	DB_RECOVERY_BACKOFF_MAX_MS: '30000',
	DB_POSTGRESDB_DESTROY_TIMEOUT_MS: '10000',
};
/** n8n loses some of its connections in each outage (their number is DB_POSTGRESDB_POOL_SIZE): so it is started anew. */
const KILLS_OF_ONE_START = 5;

/** Side by side, so that both meet the same kills. */
const MODES = ['onReceived', 'lastNode'] as const;

export interface Case {
	settings: 'deploy/' | "n8n's defaults";
	downSeconds: number;
	kills: number;
}

export interface Result extends Case {
	responseMode: (typeof MODES)[number];
	sent: number;
	fates: Fates;
	lost: Lost[];
}

/** All that is known of a lost event: the answer, the row, the Redis job, and what each process logged of it. */
export interface Lost {
	sent: Sent;
	execution?: { id: string; status: string; data: string };
	job: string;
	log: Record<string, string[]>;
}

const CASES: readonly Case[] = [
	{ settings: "n8n's defaults", downSeconds: 7, kills: 20 },
	{ settings: 'deploy/', downSeconds: 7, kills: 5 },
];

export async function queueLoss(report: (line: string) => void): Promise<void> {
	const results: Result[] = [];
	for (const wanted of CASES) {
		for (let killed = 0; killed < wanted.kills; killed += KILLS_OF_ONE_START) {
			results.push(...(await killAgainAndAgain({ ...wanted, kills: KILLS_OF_ONE_START }, report)));
		}
	}
	publishLosses(results);
}

/** Adds up the results of each case, and publishes them. */
export function publishLosses(results: readonly Result[]): void {
	const nameOf = ({ settings, downSeconds, responseMode }: Result) =>
		JSON.stringify({ settings, downSeconds, responseMode });
	const cases = [...new Set(results.map(nameOf))].map((name) => {
		const all = results.filter((result) => nameOf(result) === name);
		const sum = (figure: (result: Result) => number) =>
			all.reduce((total, result) => total + figure(result), 0);
		const fates = Object.keys(all[0]?.fates ?? {}) as Array<keyof Fates>;
		return {
			...(JSON.parse(name) as Pick<Result, 'settings' | 'downSeconds' | 'responseMode'>),
			kills: sum(({ kills }) => kills),
			sent: sum(({ sent }) => sent),
			...Object.fromEntries(fates.map((fate) => [fate, sum((result) => result.fates[fate])])),
			lost: all.flatMap(({ lost }) => lost),
		};
	});
	const rows = cases.map(({ responseMode, settings, downSeconds, ...figures }) => ({
		settings,
		'down, s': downSeconds,
		Respond: responseMode === 'lastNode' ? 'When the Workflow Has Finished' : 'Immediately',
		...figures,
		lost: figures.lost.length,
	}));
	publish(
		'queue-loss',
		{ version: N8N_VERSION, cases },
		`# Events that PostgreSQL takes along\n\nn8n ${N8N_VERSION} in queue mode, 1 webhook processor and 2 workers, ${PER_SECOND} events a second to each of two workflows. All processes of PostgreSQL are killed at once, and started again after some seconds. *Written over*: the event was answered 200 and stored, and n8n then wrote an error over it. The JSON beside this page has the row, the Redis job and the log lines of each.\n\n${table(rows)}`,
	);
}

/** Starts n8n's parts, and kills PostgreSQL under load as often as the case says. */
export async function killAgainAndAgain(
	wanted: Case,
	report: (line: string) => void,
): Promise<Result[]> {
	const { settings, downSeconds, kills } = wanted;
	report(`queue-loss, ${settings}, down for ${downSeconds} s`);
	const queue = await startQueue({
		workers: 2,
		report,
		env: {
			N8N_EXECUTIONS_QUEUE_RECOVERY_INTERVAL: '1',
			N8N_EXECUTIONS_QUEUE_KEEP_LAST_FAILED: '10000',
			N8N_LOG_FORMAT: 'json',
			...(settings === 'deploy/' ? {} : DEFAULTS),
		},
	});
	try {
		await noteArrivals(queue.postgres);
		const urls: string[] = [];
		for (const mode of MODES) urls.push((await activateFor(queue, SECRET, mode)).url);
		const loads: Array<Promise<Sent[]>> = [];
		for (let kill = 1; kill <= kills; kill++) {
			loads.push(...(await killOnce(queue, urls, downSeconds)));
			report(`kill ${kill} of ${kills}`);
		}
		const answered = await Promise.all(loads);
		const results: Result[] = [];
		for (const [index, responseMode] of MODES.entries()) {
			const sent = answered.filter((_, load) => load % MODES.length === index).flat();
			const accepted = sent.filter(({ status }) => status === 200);
			const ids = accepted.map(({ id }) => id);
			const runs = await settle(queue, ids);
			const lost = accepted.filter(({ id }) => isLost(runs.get(id) ?? []));
			results.push({
				...wanted,
				responseMode,
				sent: sent.length,
				fates: countFates(ids, runs),
				lost: await Promise.all(lost.map((one) => gather(queue, one, runs.get(one.id) ?? []))),
			});
		}
		return results;
	} finally {
		await queue.stop();
	}
}

const isLost = (runs: readonly Run[]) => runs.length === 0 || isWrittenOver(runs);

/** @returns a load for each URL, which ends with the last answer */
async function killOnce(
	queue: StartedQueue,
	urls: readonly string[],
	downSeconds: number,
): Promise<Array<Promise<Sent[]>>> {
	const soFar: Array<readonly Sent[]> = [];
	const kill = async () => {
		await sleep(2_500);
		await queue.postgres.kill();
		await sleep(downSeconds * 1000);
		const restartedAt = Date.now();
		await queue.postgres.restart();
		const isAcceptedAgain = (sent: readonly Sent[]) =>
			sent.filter(({ at, status }) => at > restartedAt && status === 200).length > PER_SECOND * 2;
		await untilAccepted(queue, () => soFar.every(isAcceptedAgain));
	};
	const killed = kill();
	const loads = urls.map((url) =>
		stream({ url, secret: SECRET, perSecond: PER_SECOND }, async (sent) => {
			soFar.push(sent);
			await killed.catch(() => undefined);
		}),
	);
	await killed;
	// n8n leaves some requests without any answer: they are not waited for before the next kill.
	await sleep(2_000);
	return loads;
}

async function gather(queue: StartedQueue, sent: Sent, [run]: Run[]): Promise<Lost> {
	if (run === undefined) return { sent, job: '', log: {} };
	const rows = await queue.postgres.query(
		`select data from execution_data where "executionId" = ${run.id}`,
	);
	const redis = (...command: string[]) =>
		execFileSync('redis-cli', ['-p', String(queue.redis.port), ...command], { encoding: 'utf8' });
	const jobs = redis('keys', 'bull:jobs:[0-9]*').split('\n').filter(Boolean);
	const ours = jobs.map((key) => redis('hgetall', key));
	const parts = {
		'webhook processor': queue.webhookProcessors,
		worker: queue.workers,
		main: [queue.main],
	};
	const log: Record<string, string[]> = {};
	for (const [name, processes] of Object.entries(parts)) {
		const files = await Promise.all(processes.map(({ logFile }) => readFile(logFile, 'utf8')));
		const mentions = new RegExp(`execution ${run.id}\\b`, 'i');
		log[name] = files.flatMap((file) => file.split('\n').filter((line) => mentions.test(line)));
	}
	return {
		sent,
		execution: { id: run.id, status: run.status, data: rows[0]?.[0] ?? '' },
		job: ours.find((job) => job.includes(`"executionId":"${run.id}"`)) ?? '',
		log,
	};
}
