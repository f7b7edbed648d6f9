import { setTimeout as sleep } from 'node:timers/promises';

import { startQueue, type StartedQueue } from '../../harness/queue';
import { disposedAfterAll } from '../support/disposed';
import { stream } from '../../harness/load';
import {
	activateFor,
	countFates,
	noteArrivals,
	settle,
	untilAccepted,
	type Fates,
} from './support/runs';

/*
 * n8n in queue mode, under load: one part after the other is killed as a power cut would, and comes back. What was
 * answered 200 has its execution; what broke off half-way is marked as crashed, and runs to its end when it is retried.
 *
 * PostgreSQL is the exception when the trigger responds immediately: n8n's processes get their connections back one by
 * one, and a run that reaches a worker too early fails before it begins. The webhook processor then writes that error
 * over the event (WorkflowRunner.processError). `npm run bench -- queue-loss` measures how often.
 */

const SECRET = 'the-secret-of-the-queue-tests';
const PER_SECOND = 20;
const MOST_MILLISECONDS = 720_000;

let queue: StartedQueue;
let urls: Record<'onReceived' | 'lastNode', string>;

describe('queue mode', () => {
	const started = disposedAfterAll();

	beforeAll(async () => {
		queue = await started(
			startQueue({
				workers: 2,
				// Minutes: the soonest that n8n looks for executions whose worker is gone.
				env: { N8N_EXECUTIONS_QUEUE_RECOVERY_INTERVAL: '1' },
			}),
		);
		await noteArrivals(queue.postgres);
		const start = (responseMode: 'onReceived' | 'lastNode') =>
			activateFor(queue, SECRET, responseMode);
		urls = { onReceived: await start('onReceived'), lastNode: await start('lastNode') };
	}, 240_000);

	test.each([
		['worker', 'onReceived'],
		['webhook processor', 'onReceived'],
		['Redis', 'onReceived'],
		['PostgreSQL', 'lastNode'],
	] as const)(
		'with a %s killed under load, %s, nothing that was answered 200 is lost, and all of it finishes',
		async (name, responseMode) => {
			const figures = await killUnderLoad(name, responseMode);
			expect(figures).toMatchObject({ 'written over': 0, ...NOTHING_ELSE_LOST });
			// A worker is not missed while there is another; without any other part there is no good answer.
			if (name !== 'worker') expect(figures['answered 200 while it was down']).toBe(0);
		},
		MOST_MILLISECONDS,
	);

	test(
		'with PostgreSQL killed under load, onReceived, nothing is lost but what n8n writes over',
		async () => {
			const figures = await killUnderLoad('PostgreSQL', 'onReceived');
			expect(figures).toMatchObject({ 'answered 200 while it was down': 0, ...NOTHING_ELSE_LOST });
		},
		MOST_MILLISECONDS,
	);
});

const NOTHING_ELSE_LOST = { 'without an execution': 0, 'not finished': 0, 'finished twice': 0 };

/** Kills a part in the middle of a stream, starts it again, and counts what became of what was answered 200. */
async function killUnderLoad(
	name: 'worker' | 'webhook processor' | 'Redis' | 'PostgreSQL',
	responseMode: 'onReceived' | 'lastNode',
): Promise<Fates & { 'answered 200 while it was down': number }> {
	const part = {
		worker: queue.workers[0],
		'webhook processor': queue.webhookProcessors[0],
		Redis: queue.redis,
		PostgreSQL: queue.postgres,
	}[name];
	let [killed, restarted] = [0, 0];
	const load = { url: urls[responseMode], secret: SECRET, perSecond: PER_SECOND };
	const sent = await stream(load, async (soFar) => {
		await sleep(3_000);
		await part?.kill();
		killed = Date.now();
		await sleep(3_000);
		restarted = Date.now();
		await part?.restart();
		await untilAccepted(queue, () => {
			const again = soFar.filter(({ at, status }) => at > restarted && status === 200);
			return again.length > PER_SECOND * 2;
		});
	});

	const accepted = sent.filter(({ status }) => status === 200);
	const whileDown = accepted.filter(({ at, answeredAt }) => at > killed && answeredAt < restarted);
	const ids = accepted.map(({ id }) => id);
	const figures = {
		part: name,
		responseMode,
		sent: sent.length,
		'answered 200 while it was down': whileDown.length,
		...countFates(ids, await settle(queue, ids)),
	};
	process.stderr.write(`${JSON.stringify(figures)}\n`);
	return figures;
}
