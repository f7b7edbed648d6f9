import { startQueue, type StartedQueue } from '../../../harness/queue';
import { killUnderLoad, NOTHING_ELSE_LOST } from '../../queue/support/kill';
import { activateFor, noteArrivals } from '../../queue/support/runs';
import { disposedAfterAll } from '../../support/disposed';

/*
 * What n8n loses: after an outage of PostgreSQL its processes get their connections back one by one, and a run that
 * reaches a worker too early fails before it begins. The webhook processor then writes that error over the event
 * (WorkflowRunner.processError).
 */

const SECRET = 'the-secret-of-the-queue-tests';

const started = disposedAfterAll();
let queue: StartedQueue;

beforeAll(async () => {
	const env = { N8N_EXECUTIONS_QUEUE_RECOVERY_INTERVAL: '1' };
	queue = await started(startQueue({ workers: 2, env }));
	await noteArrivals(queue.postgres);
}, 600_000);

test('with PostgreSQL killed under load, onReceived, nothing is lost but what n8n writes over', async () => {
	const { url } = await activateFor(queue, SECRET, 'onReceived');
	const figures = await killUnderLoad(queue, 'PostgreSQL', { url, secret: SECRET });
	expect(figures).toMatchObject({ 'answered 200 while it was down': 0, ...NOTHING_ELSE_LOST });
}, 900_000);
