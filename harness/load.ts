import { setTimeout as sleep } from 'node:timers/promises';

import { sampleOf } from './koeiq/samples';
import { deliver } from './koeiq/sender';

/** One event of a stream, and its answer. */
export interface Sent {
	/** Its `voicelog_id`, which no other event has. */
	id: string;
	/** 0 if there was no answer: the connection was refused or broke. */
	status: number;
	/** Milliseconds since the epoch. */
	at: number;
	answeredAt: number;
}

interface Stream {
	/** One, or several in turn. */
	url: string | readonly string[];
	secret: string;
	perSecond: number;
}

/** What became of the events of a stream. */
export interface Losses {
	sent: number;
	/** Answered 200. */
	taken: number;
	/** Of those sent, for how many the work was done, and for how many more than once. */
	run: number;
	twice: number;
	/** Of those taken, for how many it was not done. */
	lost: number;
	/** Milliseconds, of those taken. */
	slowestAnswer: number;
}

let streams = 0;

/**
 * Sends signed events at a steady rate, whatever comes back, for as long as `during` takes.
 *
 * @param during gets the events as they are answered
 * @returns all of them, once the last is answered
 */
export async function stream(
	{ url, secret, perSecond }: Stream,
	during: (sent: readonly Sent[]) => Promise<unknown>,
): Promise<Sent[]> {
	const sent: Sent[] = [];
	const urls = [url].flat();
	const name = `vl_${process.pid}_${++streams}`;
	const pending = new Set<Promise<unknown>>();
	let count = 0;
	const send = async () => {
		const to = urls[count % urls.length] ?? '';
		sent.push(await sendOne(to, secret, `${name}_${++count}_`));
	};
	const timer = setInterval(() => {
		const sending = send().finally(() => pending.delete(sending));
		pending.add(sending);
	}, 1000 / perSecond);
	try {
		await during(sent);
	} finally {
		// Also if that fails: a load that is left behind would keep its process from ending.
		clearInterval(timer);
		await Promise.all(pending);
	}
	return sent;
}

/**
 * Sends a stream, waits for what was answered 200 to be done, and counts.
 *
 * @param done the `voicelog_id` of each event whose work was done, as often as it was
 * @param idle milliseconds without any more work done, after which the rest counts as lost
 */
export async function measureLosses(
	load: Stream,
	done: () => readonly string[],
	during: (sent: readonly Sent[]) => Promise<unknown>,
	idle = 60_000,
): Promise<Losses> {
	const sent = await stream(load, during);
	const taken = sent.filter(({ status }) => status === 200);
	const lost = () => {
		const ids = new Set(done());
		return taken.filter(({ id }) => !ids.has(id)).length;
	};
	let [count, lastAt] = [done().length, performance.now()];
	while (lost() > 0 && performance.now() - lastAt < idle) {
		await sleep(250);
		if (done().length > count) [count, lastAt] = [done().length, performance.now()];
	}
	// What comes twice comes soon.
	await sleep(1_000);
	const times = new Map<string, number>();
	for (const id of done()) times.set(id, (times.get(id) ?? 0) + 1);
	return {
		sent: sent.length,
		taken: taken.length,
		run: times.size,
		twice: [...times.values()].filter((often) => often > 1).length,
		lost: lost(),
		slowestAnswer: Math.max(...taken.map(({ at, answeredAt }) => answeredAt - at)),
	};
}

/** The `voicelog_id` of an item of the KoeIQ Trigger. */
export function idOf(item: unknown): string {
	return (item as { data: { voicelog_id: string } }).data.voicelog_id;
}

async function sendOne(url: string, secret: string, id: string): Promise<Sent> {
	const at = Date.now();
	const sample = sampleOf('analytics.completed');
	sample.data.voicelog_id = id;
	const status = await deliver(url, secret, JSON.stringify(sample)).then(
		(answer) => answer.status,
		() => 0,
	);
	return { id, status, at, answeredAt: Date.now() };
}
