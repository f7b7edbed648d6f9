import { setTimeout as sleep } from 'node:timers/promises';

import type { N8nClient } from './client';
import { isFinished, type Execution } from './execution';
import { sampleOf } from './koeiq/samples';
import { deliver } from './koeiq/sender';
import type { StartedN8n } from './n8n';
import { TRIGGER } from './trigger';
import { waitForWebhook } from './wait';

/** A way that events take to a workflow. */
export interface Route {
	name: string;
	/** Where they are sent. */
	url: string;
	/** What runs for each. */
	workflowId: string;
}

/** What became of the events of one route over a restart of n8n. */
export interface Restarted {
	name: string;
	sent: number;
	/** Answered 200. */
	taken: number;
	/** Of those sent, how many have an execution, and how many more than one. */
	run: number;
	twice: number;
	/** Milliseconds. */
	slowestAnswer: number;
}

const PER_SECOND = 10;
const BEFORE = 5_000;
const AFTER = 5_000;
/** Events may wait for long on a slow machine: they are given up once none has run for so long. */
const NONE_RUNS = 60_000;

/**
 * Sends ten events a second on each route, stops n8n as an update does, starts it again, and counts.
 *
 * @param webhook a trigger's own URL: the stream goes on until it answers again, and some seconds more
 */
export async function restartUnderLoad(
	n8n: StartedN8n,
	secret: string,
	webhook: string,
	routes: readonly Route[],
): Promise<Restarted[]> {
	const streams = routes.map((route) => new Stream(route, secret));
	await sleep(BEFORE);
	await n8n.kill('SIGTERM');
	const client = await n8n.restart();
	await waitForWebhook(webhook);
	await sleep(AFTER);
	await Promise.all(streams.map((stream) => stream.end()));
	return await Promise.all(streams.map((stream) => stream.count(client)));
}

class Stream {
	private readonly answers: Array<{ id: string; status: number; milliseconds: number }> = [];
	private readonly underWay: Array<Promise<void>> = [];
	private readonly timer: NodeJS.Timeout;

	constructor(
		private readonly route: Route,
		private readonly secret: string,
	) {
		this.timer = setInterval(() => this.underWay.push(this.send()), 1000 / PER_SECOND);
	}

	async end(): Promise<void> {
		clearInterval(this.timer);
		await Promise.all(this.underWay);
	}

	/** Waits for every event that was taken to have run, if it does. */
	async count(client: N8nClient): Promise<Restarted> {
		const { name, workflowId } = this.route;
		const taken = this.answers.filter(({ status }) => status === 200);
		const runs = new Map<string, number>();
		let counted = '0';
		let lastRunAt = performance.now();
		const isMissing = () => taken.some(({ id }) => !runs.has(id));
		while (isMissing() && performance.now() - lastRunAt < NONE_RUNS) {
			// n8n has enough to do: each execution is read once.
			await sleep(1_000);
			for (const execution of await client.executions(workflowId, counted)) {
				if (!isFinished(execution)) break;
				for (const id of idsOf(execution)) runs.set(id, (runs.get(id) ?? 0) + 1);
				counted = execution.id;
				lastRunAt = performance.now();
			}
		}
		const sent = this.answers.map(({ id }) => runs.get(id) ?? 0);
		return {
			name,
			sent: sent.length,
			taken: taken.length,
			run: sent.filter((count) => count > 0).length,
			twice: sent.filter((count) => count > 1).length,
			slowestAnswer: Math.max(...taken.map(({ milliseconds }) => milliseconds)),
		};
	}

	private async send(): Promise<void> {
		const sample = sampleOf('analytics.completed');
		const id = `vl_${this.route.workflowId}_${this.underWay.length}`;
		sample.data.voicelog_id = id;
		const began = performance.now();
		const status = await deliver(this.route.url, this.secret, JSON.stringify(sample)).then(
			(answer) => answer.status,
			() => 0,
		);
		this.answers.push({ id, status, milliseconds: Math.round(performance.now() - began) });
	}
}

/** The `voicelog_id`s that a run began with. */
function idsOf(execution: Execution): string[] {
	const items = execution.outputs(TRIGGER)?.flat() ?? [];
	return items.map(({ json }) => (json['data'] as { voicelog_id: string }).voicelog_id);
}
