import { deliver } from '../../harness/koeiq/sender';
import { sampleOf } from '../../harness/koeiq/samples';

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
	sent: Sent[];
	/** Ends the stream, and waits for the answers that are still to come. */
	end(): Promise<void>;
}

let streams = 0;

/** Sends signed events, each with an id of its own that begins with `word`, at a steady rate whatever comes back. */
export function stream(
	url: () => string,
	secret: () => string,
	perSecond: number,
	word = 'vl',
): Stream {
	const sent: Sent[] = [];
	const underWay = new Set<Promise<void>>();
	const name = `${word}_${process.pid}_${++streams}`;
	let count = 0;
	const timer = setInterval(() => {
		const id = `${name}_${++count}_`;
		const delivery = send(url(), secret(), id).then((one) => {
			sent.push(one);
			underWay.delete(delivery);
		});
		underWay.add(delivery);
	}, 1000 / perSecond);
	return {
		sent,
		end: async () => {
			clearInterval(timer);
			await Promise.all(underWay);
		},
	};
}

async function send(url: string, secret: string, id: string): Promise<Sent> {
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
