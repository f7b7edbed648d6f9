import { idOf, stream } from '../../../harness/load';
import { STOP_SIGNAL, type StartedQueue } from '../../../harness/queue';
import { StandIn } from '../../../harness/stand-in';
import { poll } from '../../../harness/wait';
import { activateWork, SECRET, undone } from './runs';

const PER_SECOND = 10;
/** Of a stream that has settled, before each replacement and after the last. */
const EVENTS_BETWEEN = 5 * PER_SECOND;

/**
 * Stops each webhook processor under load as Docker stops a container, and starts it again, so many times over. Every
 * event is answered 200 and runs once.
 */
export async function replaceWebhookProcessors(queue: StartedQueue, rounds: number): Promise<void> {
	await using service = await StandIn.start();
	const { url, workflowId } = await activateWork(queue, 'onReceived', service);
	const sent = await stream({ url, secret: SECRET, perSecond: PER_SECOND }, async (soFar) => {
		const untilSettled = async () => {
			const before = soFar.length;
			const isSettled = () => soFar.length >= before + EVENTS_BETWEEN;
			await poll('events to be answered', 120_000, isSettled);
		};
		for (let round = 0; round < rounds; round++) {
			for (const processor of queue.webhookProcessors) {
				await untilSettled();
				await processor.kill(STOP_SIGNAL);
				await processor.restart();
			}
		}
		await untilSettled();
	});
	const ids = sent.map(({ id }) => id);
	expect(await undone(queue, workflowId, service, ids)).toEqual([]);
	const done = service.accepted.map(idOf);
	expect(sent.filter(({ status }) => status !== 200)).toEqual([]);
	expect(done.sort()).toEqual(ids.sort());
}
