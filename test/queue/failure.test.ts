import { startQueue, type StartedQueue } from '../../harness/queue';
import { disposedAfterAll } from '../support/disposed';
import { killUnderLoad, NOTHING_ELSE_LOST, type Part } from './support/kill';
import { activateFor, noteArrivals } from './support/runs';

/*
 * n8n in queue mode, under load: one part after the other is killed as a power cut would, and comes back. What was
 * answered 200 has its execution; what broke off half-way is marked as crashed, and runs to its end when it is retried.
 * What n8n itself loses with PostgreSQL if the trigger responds immediately: test/soak/queue/failure.test.ts.
 */

const SECRET = 'the-secret-of-the-queue-tests';

const started = disposedAfterAll();
let queue: StartedQueue;

beforeAll(async () => {
	// Minutes: the soonest that n8n looks for executions whose worker is gone.
	const env = { N8N_EXECUTIONS_QUEUE_RECOVERY_INTERVAL: '1' };
	queue = await started(startQueue({ workers: 2, env }));
	await noteArrivals(queue.postgres);
}, 600_000);

test.each<[Part, 'onReceived' | 'lastNode']>([
	['worker', 'onReceived'],
	['webhook processor', 'onReceived'],
	['Redis', 'onReceived'],
	['PostgreSQL', 'lastNode'],
])(
	'with a %s killed under load, %s, nothing that was answered 200 is lost, and all of it finishes',
	async (part, responseMode) => {
		const { url } = await activateFor(queue, SECRET, responseMode);
		const figures = await killUnderLoad(queue, part, { url, secret: SECRET });
		expect(figures).toMatchObject({ 'written over': 0, ...NOTHING_ELSE_LOST });
		// A worker is not missed while there is another; without any other part there is no good answer.
		if (part !== 'worker') expect(figures['answered 200 while it was down']).toBe(0);
	},
	900_000,
);
