import { setTimeout as sleep } from 'node:timers/promises';

import type { N8nClient } from './client';
import { idOf, stream, type Sent } from './load';
import type { StartedN8n } from './n8n';
import type { Report } from './report';
import type { StandIn } from './stand-in';
import { NEXT, triggerWorkflow } from './trigger';
import { waitForWebhook } from './wait';
import { node, type Workflow } from './workflow';

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
	work: StandIn;
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
export function workflowFor(work: StandIn, responseMode: 'onReceived' | 'lastNode'): Workflow {
	const workflow = triggerWorkflow({
		parameters: { outputMode: 'single', responseMode },
		next: {
			type: 'n8n-nodes-base.convertToFile',
			typeVersion: 1.1,
			parameters: { operation: 'toJson', mode: 'each', options: {} },
		},
	});
	const name = 'Do the work';
	const parameters = {
		...{ method: 'POST', url: work.url, sendBody: true, options: {} },
		...{ contentType: 'binaryData', inputDataFieldName: 'data' },
	};
	workflow.nodes.push(node(name, 'n8n-nodes-base.httpRequest', 4.2, parameters));
	workflow.connections[NEXT] = { main: [[{ node: name, type: 'main', index: 0 }]] };
	return workflow;
}

const PER_SECOND = 10;
/** Of the stream, before the first fault and after the last; long enough for events to be under way. */
const STEADY_MS = 5_000;
/** Events may wait for long on a slow machine: they are given up once none has run for so long. */
const IDLE_TIMEOUT_MS = 60_000;

export interface Fault {
	/** How often; once unless told. */
	tries?: number;
	/** Ends n8n, and what else it is to end; n8n is then started again. Unless told, it is stopped as an update does. */
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
	let { client } = n8n;
	const restarts = async () => {
		for (let turn = 0; turn < tries; turn++) {
			await sleep(STEADY_MS);
			const began = performance.now();
			const seconds = () => `${Math.round((performance.now() - began) / 1000)} s`;
			report('Stopping n8n …');
			await make();
			report(`It has stopped after ${seconds()}, and starts …`);
			client = await n8n.restart();
			await waitForWebhook(webhook);
			report(`It takes events again after ${seconds()}.`);
		}
		await sleep(STEADY_MS);
	};
	const restarted = restarts();
	const sent = await Promise.all(
		routes.map(({ url }) => stream({ url, secret, perSecond: PER_SECOND }, () => restarted)),
	);
	report('Counting what has run …');
	return await Promise.all(routes.map((route, index) => count(client, route, sent[index] ?? [])));
}

/** Waits for the work of every event that was answered 200, as long as it may still be done. */
async function count(
	client: N8nClient,
	{ name, workflowId, work, isKept }: Route,
	sent: readonly Sent[],
): Promise<Restarted> {
	const taken = sent.filter(({ status }) => status === 200);
	const lost = () => {
		const done = new Set(work.accepted.map(idOf));
		return taken.filter(({ id }) => !done.has(id)).length;
	};
	const mayStillRun = async () => isKept || (await client.isAnyUnfinished(workflowId));
	let [done, lastAt] = [work.accepted.length, performance.now()];
	while (lost() > 0 && performance.now() - lastAt < IDLE_TIMEOUT_MS) {
		const isOver = !(await mayStillRun());
		await sleep(1_000);
		if (isOver) break;
		if (work.accepted.length > done) [done, lastAt] = [work.accepted.length, performance.now()];
	}
	// What comes twice comes soon.
	await sleep(1_000);
	const times = new Map<string, number>();
	for (const id of work.accepted.map(idOf)) times.set(id, (times.get(id) ?? 0) + 1);
	return {
		name,
		sent: sent.length,
		taken: taken.length,
		run: times.size,
		twice: [...times.values()].filter((count) => count > 1).length,
		lost: lost(),
		slowestAnswer: Math.max(...taken.map(({ at, answeredAt }) => answeredAt - at)),
	};
}
