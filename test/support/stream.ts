import { deliver } from '../../harness/koeiq/sender';
import { sampleOf } from '../../harness/koeiq/samples';
import { underLoad } from '../../harness/load';

/** One event of a stream, and what came back: 0 where the connection broke. */
export interface Sent {
	/** Its `voicelog_id`, which no other event has. */
	id: string;
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
 * Sends signed events, each with an id of its own, at a steady rate whatever comes back, for as long as something goes on.
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

async function sendOne(url: string, secret: string, id: string): Promise<Sent> {
	const at = Date.now();
	const sample = sampleOf('analytics.completed');
	sample.data.voicelog_id = id;
	const payload = JSON.stringify(sample);
	const status = await deliver(url, secret, payload).then(
		(answer) => answer.status,
		() => 0,
	);
	return { id, status, at, answeredAt: Date.now() };
}
