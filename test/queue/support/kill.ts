import { setTimeout as sleep } from 'node:timers/promises';

import { stream } from '../../../harness/load';
import type { StartedQueue } from '../../../harness/queue';
import { poll } from '../../../harness/wait';
import { countFates, settle, untilAccepted, type Fates } from './runs';

const PER_SECOND = 20;
const OUTAGE_MS = 3_000;

export const NOTHING_ELSE_LOST = {
	'without an execution': 0,
	'not finished': 0,
	'finished twice': 0,
};

export type Part = 'worker' | 'webhook processor' | 'Redis' | 'PostgreSQL';

/**
 * Kills a part in the middle of a stream, starts it again, and counts what became of what was answered 200.
 *
 * @param target what the events are sent to
 */
export async function killUnderLoad(
	queue: StartedQueue,
	name: Part,
	target: { url: string; secret: string },
): Promise<Fates & { 'answered 200 while it was down': number }> {
	const part = {
		worker: queue.workers[0],
		'webhook processor': queue.webhookProcessors[0],
		Redis: queue.redis,
		PostgreSQL: queue.postgres,
	}[name];
	let [killed, restarted] = [0, 0];
	const sent = await stream({ ...target, perSecond: PER_SECOND }, async (soFar) => {
		const acceptedSince = (since: number) =>
			soFar.filter(({ at, status }) => at > since && status === 200).length > 2 * PER_SECOND;
		await poll('events to be answered', 120_000, () => acceptedSince(0));
		await part?.kill();
		killed = Date.now();
		await sleep(OUTAGE_MS);
		restarted = Date.now();
		await part?.restart();
		await untilAccepted(queue, () => acceptedSince(restarted));
	});

	const accepted = sent.filter(({ status }) => status === 200);
	const whileDown = accepted.filter(({ at, answeredAt }) => at > killed && answeredAt < restarted);
	const ids = accepted.map(({ id }) => id);
	const figures = {
		'answered 200 while it was down': whileDown.length,
		...countFates(ids, await settle(queue, ids)),
	};
	process.stderr.write(`${JSON.stringify({ part: name, sent: sent.length, ...figures })}\n`);
	return figures;
}
