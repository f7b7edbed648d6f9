import { rm } from 'node:fs/promises';

import { deliver } from '../../harness/koeiq/sender';
import { sampleOf } from '../../harness/koeiq/samples';
import { startN8nPart } from '../../harness/n8n';
import { startQueue, type StartedQueue } from '../../harness/queue';
import { StandIn } from '../../harness/stand-in';
import { setField, template } from '../../harness/templates';
import { TRIGGER } from '../../harness/trigger';
import { poll } from '../../harness/wait';
import { nodeOf } from '../../harness/workflow';
import { disposedAfterAll } from '../support/disposed';
import { startTemplate } from '../support/started';

/*
 * The template "exactly once" in queue mode: the worker is killed at work and its folder is gone, as when a container is
 * replaced. What was not answered 200 is sent again, as the inbox does.
 */

const SECRET = 'the-secret-of-the-queue-tests';
const EVENTS = 20;
/** How many runs of n8n a worker has at once, unless told otherwise. */
const WORKER_CONCURRENCY = 10;

let service: StandIn;
let queue: StartedQueue;

describe('queue mode', () => {
	const started = disposedAfterAll();

	beforeAll(async () => {
		service = await started(StandIn.start());
		queue = await started(startQueue({ workers: 1 }));
	}, 300_000);

	test('every event is handled, though the worker is killed and its folder is gone', async () => {
		const workflow = template('exactly-once');
		// Seconds in place of minutes: how long a run that was cut off keeps its claim.
		setField(workflow, 'Settings', 'work_minutes', 0.2);
		setField(workflow, 'Settings', 'wait_seconds', 2);
		nodeOf(workflow, TRIGGER).parameters.responseMode = 'lastNode';
		Object.assign(nodeOf(workflow, 'Do the work'), service.node());
		const { url } = await startTemplate(queue.client, workflow, SECRET);

		const ids = Array.from({ length: EVENTS }, (_, index) => `vl_queue_${index}`);
		const send = async (id: string) => {
			const sample = sampleOf('analytics.completed');
			sample.data.voicelog_id = id;
			const answer = deliver(url, SECRET, JSON.stringify(sample));
			return await answer.then(
				({ status }) => status === 200,
				() => false,
			);
		};
		const handled = () =>
			service.accepted.map((body) => (body as { data: { voicelog_id: string } }).data.voicelog_id);

		service.answer = () => ({ delay: 1_000 });
		const firstAnswers = Promise.all(ids.map(send));
		const [worker] = queue.workers;
		await poll('the worker to be at work', 60_000, () => service.requests.length > 0);
		await worker?.kill();
		await rm(worker?.folder ?? '', { recursive: true, force: true });
		await started(startN8nPart('worker', { env: queue.env }));

		const accepted = await firstAnswers;
		let open = ids.filter((_, index) => !accepted[index]);
		expect(open).not.toEqual([]);
		await poll('every event to be answered 200', 240_000, async () => {
			const again = await Promise.all(open.map(send));
			open = open.filter((_, index) => !again[index]);
			return open.length === 0;
		});
		expect(new Set(handled())).toEqual(new Set(ids));
		// What was cut off after its work and before it was remembered is done again.
		expect(handled().length - EVENTS).toBeLessThanOrEqual(WORKER_CONCURRENCY);
	}, 420_000);
});
