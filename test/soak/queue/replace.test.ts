import { startQueue, type StartedQueue } from '../../../harness/queue';
import { replaceWebhookProcessors } from '../../queue/support/replace';
import { disposedAfterAll } from '../../support/disposed';

const started = disposedAfterAll();
let queue: StartedQueue;

beforeAll(async () => {
	queue = await started(startQueue({ workers: 1, webhookProcessors: 2 }));
}, 600_000);

test('each webhook processor is replaced ten times under load, and every event is answered 200 and runs once', async () => {
	await replaceWebhookProcessors(queue, 10);
}, 3_600_000);
