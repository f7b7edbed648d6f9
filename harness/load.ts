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

export interface Stream {
	url: string;
	secret: string;
	perSecond: number;
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
	const name = `vl_${process.pid}_${++streams}`;
	let count = 0;
	const send = async () => void sent.push(await sendOne(url, secret, `${name}_${++count}_`));
	await underLoad(perSecond, send, () => during(sent));
	return sent;
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

/**
 * Sends at a steady rate, whatever comes back, for as long as `during` takes: it ends with that, also if that fails. A
 * load that is left behind would keep its process from ending.
 *
 * @param send must not fail: it notes for itself what came back
 * @returns what `during` gives, once every answer has come
 */
export async function underLoad<T>(
	perSecond: number,
	send: () => Promise<unknown>,
	during: () => Promise<T>,
): Promise<T> {
	const pending = new Set<Promise<unknown>>();
	const timer = setInterval(() => {
		const sending = send().finally(() => pending.delete(sending));
		pending.add(sending);
	}, 1000 / perSecond);
	try {
		return await during();
	} finally {
		clearInterval(timer);
		await Promise.all(pending);
	}
}
