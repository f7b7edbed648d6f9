import fc from 'fast-check';

import { sampleOf } from '../../harness/koeiq/samples';
import { deliver } from '../../harness/koeiq/sender';
import {
	exchange,
	KINDS,
	malformed,
	tooLarge,
	type Made,
	type Reply,
	type Target,
} from './malformed';

/* Requests that must not get in, and a good event among each hundred, which must. */

const GOOD = JSON.stringify(sampleOf('transcription.completed'));
/** For the kinds of request that n8n never answers; it answers the others in a few milliseconds. */
const HANG_UP_MS = 1_000;
const SEED = 20_261_124;

/** A trace of an error of ours that was let out. */
const OUR_STACK = /koeiq[\\/]dist|KoeIqTrigger\.|core[\\/](receive|signature)/;
/** As n8n itself answers what it refuses before the trigger sees it. */
const BY_N8N = /"code":/;

export interface Flood {
	/** Requests that were let in, or answered with an error of ours. */
	wrong: string[];
	/** How often each kind of request got each status. */
	statuses: Map<string, Map<number, number>>;
	/** The status of each good event. */
	good: number[];
}

export interface FloodOptions {
	url: string;
	secret: string;
	/** Malformed ones, the same each time. */
	requests: (target: Target) => Iterable<Made>;
	connections: number;
	/** Called before each hundred, with the number of those that have been sent. */
	onHundred?: (sent: number) => void;
}

/** Sends malformed requests to a trigger. */
export async function flood({
	url,
	secret,
	requests,
	connections,
	onHundred = () => {},
}: FloodOptions): Promise<Flood> {
	const { port, pathname } = new URL(url);
	const result: Flood = { wrong: [], statuses: new Map(), good: [] };
	const note = (kind: string, { status, text }: Reply) => {
		const of = result.statuses.get(kind) ?? new Map<number, number>();
		result.statuses.set(kind, of.set(status, (of.get(status) ?? 0) + 1));
		// n8n itself answers a browser's preflight with a 2xx, and starts nothing.
		const isLetIn = status >= 200 && status < 300 && kind !== 'another method';
		const isOurFault = status >= 500 && !BY_N8N.test(text);
		if (isLetIn || isOurFault || OUR_STACK.test(text)) {
			result.wrong.push(`${kind}: ${text.slice(0, 500)}`);
		}
	};
	let sent = 0;
	const left = requests({ path: pathname, secret, body: GOOD })[Symbol.iterator]();
	const connection = async () => {
		for (let next = left.next(); next.done !== true; next = left.next()) {
			const { kind, wire } = next.value;
			if (sent % 100 === 0) onHundred(sent);
			sent += 1;
			if (sent % 100 === 0) result.good.push((await deliver(url, secret, GOOD)).status);
			note(kind, await exchange(Number(port), wire, HANG_UP_MS));
		}
	};
	await Promise.all(Array.from({ length: connections }, connection));
	return result;
}

/** So many of each kind. */
export function* ofEachKind(target: Target, count: number): Generator<Made> {
	for (const [kind, make] of Object.entries(KINDS)) {
		const wires = fc.sample(make(target), { seed: SEED, numRuns: count });
		yield* wires.map((wire) => ({ kind, wire }));
	}
}

/** So many of any kind, and five that are too large: a hundred at a time, as all of them do not fit into memory. */
export function* ofAnyKind(target: Target, count: number): Generator<Made> {
	const any = malformed(target);
	for (let number = 0; number < count; number += 100) {
		const isLarge = number % (count / 5) === 0;
		if (isLarge) yield* fc.sample(tooLarge(target), { seed: SEED + number, numRuns: 1 });
		yield* fc.sample(any, { seed: SEED + number, numRuns: isLarge ? 99 : 100 });
	}
}
