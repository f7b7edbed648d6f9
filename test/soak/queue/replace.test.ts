import { idOf, measureLosses } from '../../../harness/load';
import { startQueue, STOP_SIGNAL } from '../../../harness/queue';
import { StandIn } from '../../../harness/stand-in';
import { poll } from '../../../harness/wait';
import { activateWork, SECRET } from '../../queue/support/runs';

const ROUNDS = 10;
const PER_SECOND = 10;
/** Of a stream that has settled, before each replacement and after the last. */
const EVENTS_BETWEEN = 5 * PER_SECOND;

test('each webhook processor is replaced ten times under load as Docker does it, and every event is answered 200 and runs once', async () => {
	await using queue = await startQueue({ workers: 1, webhookProcessors: 2 });
	await using service = await StandIn.start();
	const { url } = await activateWork(queue, 'onReceived', service);
	const load = { url, secret: SECRET, perSecond: PER_SECOND };
	const done = () => service.accepted.map(idOf);
	const { sent, taken, run, twice } = await measureLosses(load, done, async (soFar) => {
		const untilSettled = async () => {
			const before = soFar.length;
			const isSettled = () => soFar.length >= before + EVENTS_BETWEEN;
			await poll('events to be answered', 120_000, isSettled);
		};
		for (let round = 0; round < ROUNDS; round++) {
			for (const processor of queue.webhookProcessors) {
				await untilSettled();
				await processor.kill(STOP_SIGNAL);
				await processor.restart();
			}
		}
		await untilSettled();
	});
	expect({ taken, run, twice }).toEqual({ taken: sent, run: sent, twice: 0 });
}, 3_600_000);
