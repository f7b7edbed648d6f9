import { setTimeout as sleep } from 'node:timers/promises';

import type { N8nClient } from './client';
import type { Execution } from './execution';
import { sampleOf } from './koeiq/samples';
import { deliver } from './koeiq/sender';
import type { StartedN8n } from './n8n';
import type { Report } from './report';
import { TRIGGER } from './trigger';
import { waitForWebhook } from './wait';

/** A way that events take to a workflow. */
export interface Route {
	name: string;
	/** Where they are sent. */
	url: string;
	/** What runs for each. */
	workflowId: string;
	/** Something before n8n keeps events: what was taken can run later, though n8n has nothing to do. */
	isKept: boolean;
}

/** What became of the events of one route over a restart of n8n. */
export interface Restarted {
	name: string;
	sent: number;
	/** Answered 200. */
	taken: number;
	/** Of those sent, how many have a run that went to its end, and how many more than one run, cut off or not. */
	run: number;
	twice: number;
	/** Runs that n8n has no data of, cut off before they had any: nobody can tell whose they were. */
	unknown: number;
	/** Of those taken, how many have no run that went to its end. */
	lost: number;
	/** Milliseconds. */
	slowestAnswer: number;
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
	try {
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
	} finally {
		await Promise.all(streams.map((stream) => stream.end()));
	}
	report('Counting what has run …');
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

	/** Waits for every event that was taken to have run to its end, if it does. */
	async count(client: N8nClient): Promise<Restarted> {
		const { name, workflowId, isKept } = this.route;
		const taken = this.answers.filter(({ status }) => status === 200);
		const runs = new Map(this.answers.map(({ id }) => [id, { begun: 0, ended: 0 }]));
		const read = new Set<string>();
		let unknown = 0;
		let lastReadAt = performance.now();
		const readOn = async () => {
			await sleep(1_000);
			// n8n has enough to do: each execution is read once.
			for (const execution of await client.endedExecutions(workflowId, read)) {
				read.add(execution.id);
				lastReadAt = performance.now();
				const id =
					eventOf(execution) ?? [...runs.keys()].find((one) => execution.mentions(`"${one}"`));
				const run = runs.get(id ?? '');
				if (run === undefined) {
					unknown += 1;
					continue;
				}
				run.begun += 1;
				if (execution.status === 'success') run.ended += 1;
			}
		};
		const lost = () => taken.filter(({ id }) => runs.get(id)?.ended === 0);
		const mayStillRun = async () => isKept || (await client.isAnyUnfinished(workflowId));
		while (lost().length > 0 && performance.now() - lastReadAt < NONE_RUNS) {
			const isOver = !(await mayStillRun());
			await readOn();
			if (isOver) break;
		}
		// What comes twice comes soon.
		await readOn();
		return {
			name,
			sent: runs.size,
			taken: taken.length,
			run: [...runs.values()].filter(({ ended }) => ended > 0).length,
			twice: [...runs.values()].filter(({ begun }) => begun > 1).length,
			unknown,
			lost: lost().length,
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

/** The `voicelog_id` of the event that a run began with; one that was cut off may have no output yet. */
function eventOf(execution: Execution): string | undefined {
	const [item] = execution.outputs(TRIGGER)?.flat() ?? [];
	return (item?.json['data'] as { voicelog_id: string } | undefined)?.voicelog_id;
}
