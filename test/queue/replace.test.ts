import { setTimeout as sleep } from 'node:timers/promises';

import { sampleOf } from '../../harness/koeiq/samples';
import { deliver } from '../../harness/koeiq/sender';
import { startQueue, STOP_SIGNAL, type StartedQueue } from '../../harness/queue';
import { StandIn } from '../../harness/stand-in';
import { poll } from '../../harness/wait';
import { disposedAfterAll } from '../support/disposed';
import { replaceWebhookProcessors } from './support/replace';
import { activateWork, SECRET } from './support/runs';

/* Two webhook processors behind the proxy of deploy/queue/. test/soak/queue/ replaces them ten times over. */

const started = disposedAfterAll();
let queue: StartedQueue;

beforeAll(async () => {
	queue = await started(startQueue({ workers: 1, webhookProcessors: 2 }));
}, 600_000);

test('each webhook processor is replaced under load, and every event is answered 200 and runs once', async () => {
	await replaceWebhookProcessors(queue, 1);
}, 600_000);

test('a webhook processor answers what waits for its workflow before it stops, even if told twice', async () => {
	let finish = (): void => {};
	const finished = new Promise<void>((resolve) => (finish = resolve));
	const service = await started(
		StandIn.start(async () => {
			await finished;
			return {};
		}),
	);
	const { url } = await activateWork(queue, 'lastNode', service);
	const payload = JSON.stringify(sampleOf('analytics.completed'));
	const answers = Array.from({ length: 4 }, () => deliver(url, SECRET, payload));
	await poll('the workflows to be at work', 60_000, () => service.requests.length === 4);
	const stopping = queue.webhookProcessors.map(async ({ pid, kill }) => {
		process.kill(pid(), STOP_SIGNAL);
		await sleep(1_000);
		await kill(STOP_SIGNAL);
	});
	await sleep(2_000);
	expect(queue.webhookProcessors.map(({ hasEnded }) => hasEnded())).toEqual([false, false]);
	finish();
	expect((await Promise.all(answers)).map(({ status }) => status)).toEqual(Array(4).fill(200));
	await Promise.all(stopping);
}, 200_000);
