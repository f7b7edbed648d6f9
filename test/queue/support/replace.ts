import { stream } from '../../../harness/load';
import { STOP_SIGNAL, type StartedQueue } from '../../../harness/queue';
import { poll } from '../../../harness/wait';
import { note } from '../../support/figures';
import { activateFor, countFates, noteArrivals, settle, type Fates } from './runs';

const SECRET = 'the-secret-of-the-queue-tests';
const PER_SECOND = 10;
/** Of a stream that has settled, before each replacement and after the last. */
const EVENTS_BETWEEN = 5 * PER_SECOND;

export interface Replaced {
	sent: number;
	/** Statuses other than 200. */
	refused: number[];
	fates: Fates;
}

/** Stops each webhook processor under load as Docker stops a container, and starts it again, so many times over. */
export async function replaceWebhookProcessors(
	queue: StartedQueue,
	rounds: number,
): Promise<Replaced> {
	await noteArrivals(queue.postgres);
	const { url } = await activateFor(queue, SECRET, 'onReceived');
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
	const fates = countFates(ids, await settle(queue, ids));
	const refused = sent.map(({ status }) => status).filter((status) => status !== 200);
	const slowest = Math.max(...sent.map(({ at, answeredAt }) => answeredAt - at));
	note('replace', {
		...{ sent: ids.length, ...fates, 'answered 200': ids.length - refused.length },
		'slowest answer, s': slowest / 1000,
	});
	return { sent: ids.length, refused, fates };
}

/** What became of so many events, if each has run once. */
export function eachOnce(sent: number): Replaced {
	return {
		sent,
		refused: [],
		fates: {
			'answered 200': sent,
			'without an execution': 0,
			'written over': 0,
			'cut off, then run again': 0,
			'not finished': 0,
			'finished twice': 0,
		},
	};
}
