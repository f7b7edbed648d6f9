import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';

import type { N8nClient } from './client';
import { sampleOf } from './koeiq/samples';
import { deliver } from './koeiq/sender';
import { underLoad } from './load';
import type { StartedN8n } from './n8n';
import type { Receiver } from './receiver';
import type { Report } from './report';
import { NEXT, triggerWorkflow } from './trigger';
import { waitForWebhook } from './wait';
import type { Workflow } from './workflow';

/** A way that events take to a workflow. */
export interface Route {
	name: string;
	/** Where they are sent. */
	url: string;
	/** What runs for each. It gives its items to `work`. */
	workflowId: string;
	/**
	 * The service that the workflow calls. What it got is what was done: n8n's list can have a run as crashed that came to
	 * its end, since a starting n8n takes for cut off what it has just begun itself.
	 */
	work: Receiver;
	/** Something before n8n keeps events: what was taken can run later, though n8n has nothing to do. */
	isKept: boolean;
}

/** What became of the events of one route over a restart of n8n. */
export interface Restarted {
	name: string;
	sent: number;
	/** Answered 200. */
	taken: number;
	/** Of those sent, for how many the work was done, and for how many more than once. */
	run: number;
	twice: number;
	/** Of those taken, for how many it was not done. */
	lost: number;
	/** Milliseconds. */
	slowestAnswer: number;
}

/**
 * A workflow that gives each item to `work` as its last step. No node has an expression: from 2.x on, the first of a run
 * costs n8n more than the run, and here n8n starts under load.
 */
export function workflowFor(work: Receiver, responseMode: 'onReceived' | 'lastNode'): Workflow {
	const workflow = triggerWorkflow({
		parameters: { outputMode: 'single', responseMode },
		next: {
			type: 'n8n-nodes-base.convertToFile',
			typeVersion: 1.1,
			parameters: { operation: 'toJson', mode: 'each', options: {} },
		},
	});
	const name = 'Do the work';
	workflow.nodes.push({
		...{ id: randomUUID(), name, position: [600, 0] },
		...{ type: 'n8n-nodes-base.httpRequest', typeVersion: 4.2 },
		parameters: {
			...{ method: 'POST', url: work.url, sendBody: true, options: {} },
			...{ contentType: 'binaryData', inputDataFieldName: 'data' },
		},
	});
	workflow.connections[NEXT] = { main: [[{ node: name, type: 'main', index: 0 }]] };
	return workflow;
}

const PER_SECOND = 10;
const BEFORE = 5_000;
const AFTER = 5_000;
/** Events may wait for long on a slow machine: they are given up once none has run for so long. */
const NONE_RUNS = 60_000;

export interface Fault {
	/** How often; once unless it is said. */
	tries?: number;
	/** Ends n8n, and what else it takes; n8n is started again. As an update does, unless it is said. */
	make?: () => Promise<unknown>;
	report?: Report;
}

/**
 * Sends ten events a second on each route, stops n8n, starts it again, and counts.
 *
 * @param webhook a trigger's own URL: the stream goes on until it answers again, and some seconds more
 */
export async function restartUnderLoad(
	n8n: StartedN8n,
	secret: string,
	webhook: string,
	routes: readonly Route[],
	{ tries = 1, make = () => n8n.kill('SIGTERM'), report = () => {} }: Fault = {},
): Promise<Restarted[]> {
	const streams = routes.map((route) => new Stream(route, secret));
	let { client } = n8n;
	const send = async () => await Promise.all(streams.map((stream) => stream.send()));
	await underLoad(PER_SECOND, send, async () => {
		for (let turn = 0; turn < tries; turn++) {
			await sleep(BEFORE);
			const began = performance.now();
			const seconds = () => `${Math.round((performance.now() - began) / 1000)} s`;
			report('n8n is told to stop …');
			await make();
			report(`It has stopped after ${seconds()}, and starts …`);
			client = await n8n.restart();
			await waitForWebhook(webhook);
			report(`It takes events again after ${seconds()}.`);
		}
		await sleep(AFTER);
	});
	report('Counting what has run …');
	return await Promise.all(streams.map((stream) => stream.count(client)));
}

class Stream {
	private readonly answers: Array<{ id: string; status: number; milliseconds: number }> = [];
	private sent = 0;

	constructor(
		private readonly route: Route,
		private readonly secret: string,
	) {}

	/** One event, and its answer. */
	async send(): Promise<void> {
		const sample = sampleOf('analytics.completed');
		const id = `vl_${this.route.workflowId}_${++this.sent}`;
		sample.data.voicelog_id = id;
		const began = performance.now();
		const status = await deliver(this.route.url, this.secret, JSON.stringify(sample)).then(
			(answer) => answer.status,
			() => 0,
		);
		this.answers.push({ id, status, milliseconds: Math.round(performance.now() - began) });
	}

	/** Waits for the work of every event that was taken, if it is done. */
	async count(client: N8nClient): Promise<Restarted> {
		const { name, workflowId, work, isKept } = this.route;
		const taken = this.answers.filter(({ status }) => status === 200);
		const lost = () => {
			const done = new Set(work.got.map(idOf));
			return taken.filter(({ id }) => !done.has(id)).length;
		};
		const mayStillRun = async () => isKept || (await client.isAnyUnfinished(workflowId));
		let [got, lastAt] = [work.got.length, performance.now()];
		while (lost() > 0 && performance.now() - lastAt < NONE_RUNS) {
			const isOver = !(await mayStillRun());
			await sleep(1_000);
			if (isOver) break;
			if (work.got.length > got) [got, lastAt] = [work.got.length, performance.now()];
		}
		// What comes twice comes soon.
		await sleep(1_000);
		const times = new Map<string, number>();
		for (const id of work.got.map(idOf)) times.set(id, (times.get(id) ?? 0) + 1);
		return {
			name,
			sent: this.answers.length,
			taken: taken.length,
			run: times.size,
			twice: [...times.values()].filter((count) => count > 1).length,
			lost: lost(),
			slowestAnswer: Math.max(...taken.map(({ milliseconds }) => milliseconds)),
		};
	}
}

/** The `voicelog_id` of an item of the KoeIQ Trigger. */
function idOf(item: unknown): string {
	return (item as { data: { voicelog_id: string } }).data.voicelog_id;
}
