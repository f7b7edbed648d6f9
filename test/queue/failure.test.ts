import { setTimeout as sleep } from 'node:timers/promises';

import { stream } from '../../harness/load';
import { startQueue, type StartedQueue } from '../../harness/queue';
import { StandIn } from '../../harness/stand-in';
import { poll } from '../../harness/wait';
import { disposedAfterAll } from '../support/disposed';
import { activateWork, SECRET, undone, untilAccepted } from './support/runs';

/*
 * n8n in queue mode, under load: one part after the other is killed as a power cut would, and comes back. What was
 * answered 200 is done; what broke off half-way is marked as crashed, and runs to its end when it is retried.
 *
 * After an outage of PostgreSQL, n8n itself can lose events that were answered immediately: a run that reaches a worker
 * before its connections are back fails, and the webhook processor writes the error over the event.
 */

const PER_SECOND = 10;
const OUTAGE_MS = 3_000;

const started = disposedAfterAll();
let queue: StartedQueue;

beforeAll(async () => {
	// Minutes: the soonest that n8n looks for executions whose worker is gone.
	const env = { N8N_EXECUTIONS_QUEUE_RECOVERY_INTERVAL: '1' };
	queue = await started(startQueue({ workers: 2, env }));
}, 600_000);

test.each([
	['worker', 'onReceived', () => queue.workers[0]],
	['webhook processor', 'onReceived', () => queue.webhookProcessors[0]],
	['Redis', 'onReceived', () => queue.redis],
	['PostgreSQL', 'lastNode', () => queue.postgres],
] as const)(
	'with a %s killed under load, %s, everything that was answered 200 is done',
	async (name, responseMode, partOf) => {
		const part = partOf();
		const service = await started(StandIn.start());
		const { url, workflowId } = await activateWork(queue, responseMode, service);
		let [killedAt, restartedAt] = [0, 0];
		const load = { url, secret: SECRET, perSecond: PER_SECOND };
		const sent = await stream(load, async (soFar) => {
			const isAcceptedSince = (since: number) =>
				soFar.filter(({ at, status }) => at > since && status === 200).length > 2 * PER_SECOND;
			await poll('events to be accepted', 120_000, () => isAcceptedSince(0));
			await part?.kill();
			killedAt = Date.now();
			await sleep(OUTAGE_MS);
			restartedAt = Date.now();
			await part?.restart();
			await untilAccepted(queue, () => isAcceptedSince(restartedAt));
		});

		const accepted = sent.filter(({ status }) => status === 200);
		const whileDown = accepted.filter(
			({ at, answeredAt }) => at > killedAt && answeredAt < restartedAt,
		);
		process.stderr.write(`${name}: ${sent.length} sent, ${accepted.length} answered 200\n`);
		// A worker is not missed while there is another; without any other part there is no good answer.
		if (name !== 'worker') expect(whileDown).toEqual([]);
		const ids = accepted.map(({ id }) => id);
		expect(await undone(queue, workflowId, service, ids)).toEqual([]);
	},
	900_000,
);
