import { createHash } from 'node:crypto';

import { sampleOf } from '../../../harness/koeiq/samples';
import { deliver } from '../../../harness/koeiq/sender';

export const SECRET = 'the-secret-of-the-inbox-tests';

let count = 0;

/** An event that no other is like. */
export interface Event {
	/** Its `voicelog_id`. */
	id: string;
	payload: string;
	/** What the inbox calls it: its SHA-256. */
	deliveryId: string;
}

export function event(word = 'vl'): Event {
	const id = `${word}_${process.pid}_${++count}`;
	const sample = sampleOf('analytics.completed');
	sample.data.voicelog_id = id;
	sample.data.call_id = `CALL-${id}`;
	const payload = JSON.stringify(sample);
	return { id, payload, deliveryId: createHash('sha256').update(payload).digest('hex') };
}

/** Sends events one after the other; throws if one is not answered 200. */
export async function send(url: string, events: readonly Event[]): Promise<void> {
	for (const { payload } of events) {
		const { status, body } = await deliver(`${url}/koeiq`, SECRET, payload);
		if (status !== 200) throw new Error(`The inbox answered ${status} ${body}`);
	}
}

export function many(number: number, word?: string): Event[] {
	return Array.from({ length: number }, () => event(word));
}
