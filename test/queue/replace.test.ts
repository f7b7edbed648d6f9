import { setTimeout as sleep } from 'node:timers/promises';

import { sampleOf } from '../../harness/koeiq/samples';
import { deliver } from '../../harness/koeiq/sender';
import { startQueue, STOP_SIGNAL, type StartedQueue } from '../../harness/queue';
import { waiting } from '../../harness/trigger';
import { note } from '../support/figures';
import { disposedAfterAll } from '../support/disposed';
import { stream } from '../../harness/load';
import { activateFor, countFates, noteArrivals, settle } from './support/runs';

/*
 * Two webhook processors behind the proxy of deploy/queue/, under load: one after the other is stopped as Docker stops a
 * container, and started again. Events that KoeIQ sends meanwhile are answered 200 all the same.
 */

const SECRET = 'the-secret-of-the-queue-tests';
const PER_SECOND = 10;
/** How often each is replaced. */
const ROUNDS = Number(process.env.QUEUE_REPLACE_ROUNDS ?? 1);
/** While the other one answers. */
const BETWEEN_MILLISECONDS = 8_000;

describe('queue mode', () => {
	const started = disposedAfterAll();
	let queue: StartedQueue;

	beforeAll(async () => {
		queue = await started(startQueue({ workers: 1, webhookProcessors: 2 }));
		await noteArrivals(queue.postgres);
	}, 300_000);

	test(
		'each webhook processor is replaced under load, and every event is answered 200 and runs once',
		async () => {
			const url = await activateFor(queue, SECRET, 'onReceived');
			const sent = await stream({ url, secret: SECRET, perSecond: PER_SECOND }, async () => {
				for (let round = 0; round < ROUNDS; round++) {
					for (const processor of queue.webhookProcessors) {
						await sleep(BETWEEN_MILLISECONDS);
						await processor.kill(STOP_SIGNAL);
						await processor.restart();
					}
				}
				await sleep(BETWEEN_MILLISECONDS);
			});

			const ids = sent.map(({ id }) => id);
			const fates = countFates(ids, await settle(queue, ids));
			const refused = sent.filter(({ status }) => status !== 200);
			const slowest = Math.max(...sent.map(({ at, answeredAt }) => answeredAt - at));
			note('replace', {
				...{ sent: ids.length, ...fates, 'answered 200': ids.length - refused.length },
				'slowest answer, s': slowest / 1000,
			});
			expect(refused).toEqual([]);
			expect(fates).toEqual({
				'answered 200': ids.length,
				'without an execution': 0,
				'written over': 0,
				'cut off, then run again': 0,
				'not finished': 0,
				'finished twice': 0,
			});
		},
		ROUNDS * 500_000,
	);

	test('a webhook processor answers what waits for its workflow before it stops, even if told twice', async () => {
		const url = await activateFor(queue, SECRET, 'lastNode', waiting(15));
		const payload = JSON.stringify(sampleOf('analytics.completed'));
		const answers = Array.from({ length: 4 }, () => deliver(url, SECRET, payload));
		await sleep(2_000);
		const stopping = queue.webhookProcessors.map(async ({ pid, kill }) => {
			process.kill(await pid(), STOP_SIGNAL);
			await sleep(1_000);
			await kill(STOP_SIGNAL);
		});
		expect((await Promise.all(answers)).map(({ status }) => status)).toEqual(Array(4).fill(200));
		await Promise.all(stopping);
	}, 200_000);
});
