import { createHmac } from 'node:crypto';

import { verify } from '../../nodes/KoeIq/core/signature';

/*
 * Whether the time that a verification takes tells which byte of a digest is wrong, after dudect (Reparaz, Balasch
 * and Verbauwhede, 2016): classes in random order, the slow tail cropped, Welch's t of what is left.
 */

/** Of each class, on average: a million of the two that matter most. */
const VERIFICATIONS = 500_000;
/** Verifications that are timed at once, so that the clock's own time counts little. */
const BATCH = 10;
/** The faster half: what else runs on the machine only ever makes a batch slower. */
const KEPT = 0.5;
/** dudect's threshold: without a leak, one t in some 150,000 is over it. */
const THRESHOLD = 4.5;

const SECRET = 'the-secret-that-koeiq-signs-with';
const BODY = Buffer.from('{"event":"ping"}');

/** The bytes in which a digest differs from the right one. */
const MASKS = {
	first: Buffer.alloc(32).fill(0xff, 0, 1),
	last: Buffer.alloc(32).fill(0xff, 31),
	all: Buffer.alloc(32).fill(0xff),
};
type Place = keyof typeof MASKS;
type Check = (digest: Buffer) => unknown;

test('the first byte that is wrong cannot be told from the last by the time it takes', () => {
	const check = (digest: Buffer) => verify(BODY, digest, { current: SECRET });
	expect(compareAgain('verify', check, VERIFICATIONS)).toBeLessThan(THRESHOLD);
}, 120_000);

test('and could be, were the digests compared byte by byte up to the first that differs', () => {
	const check = (digest: Buffer) => {
		const expected = hmac();
		for (let i = 0; i < expected.length; i++) if (expected[i] !== digest[i]) return false;
		return true;
	};
	// Half is enough to see it, and noise may hide it once.
	const isSeen = () => compare('byte by byte', check, VERIFICATIONS / 2) > THRESHOLD;
	expect(isSeen() || isSeen()).toBe(true);
}, 120_000);

/**
 * Compares once more, with a fresh sample, where the first was over the threshold, and lets the second count:
 * chance and a neighbour on the machine pass, a leak stays.
 */
function compareAgain(...compared: Parameters<typeof compare>): number {
	const first = compare(...compared);
	return first < THRESHOLD ? first : compare(...compared);
}

/** The greatest |t| between any two classes. */
function compare(name: string, check: Check, verifications: number): number {
	const times = measure(check, verifications);
	const pairs: Array<[Place, Place]> = [
		['first', 'last'],
		['first', 'all'],
		['last', 'all'],
	];
	const results = pairs.map(([a, b]) => ({ a, b, ...welch(times[a], times[b]) }));
	const shown = results.map(
		({ a, b, t, difference }) => `${a}/${b} t = ${t.toFixed(2)} (${difference.toFixed(1)} ns)`,
	);
	process.stderr.write(`${name}: ${shown.join(', ')}\n`);
	return Math.max(...results.map(({ t }) => Math.abs(t)));
}

/** Nanoseconds a verification, by class, without the slow tail. */
function measure(check: Check, verifications: number): Record<Place, number[]> {
	const right = hmac();
	// One buffer for all classes, so that none has a better place in memory.
	const digest = Buffer.alloc(right.length);
	const places = Object.keys(MASKS) as Place[];
	const samples: Array<{ place: Place; time: number }> = [];
	for (let done = 0; done < verifications * places.length; done += BATCH) {
		const place = places[Math.floor(Math.random() * places.length)] ?? 'all';
		// The same work for each class: what the processor did last can be seen in what it does next.
		const byte = 1 + Math.floor(Math.random() * 255);
		for (const [i, bits] of MASKS[place].entries()) digest[i] = right.readUInt8(i) ^ (bits & byte);
		const start = process.hrtime.bigint();
		for (let i = 0; i < BATCH; i++) check(digest);
		samples.push({ place, time: Number(process.hrtime.bigint() - start) / BATCH });
	}
	// One limit for all classes: one for each would hide what is looked for.
	const sorted = samples.map(({ time }) => time).sort((a, b) => a - b);
	const limit = sorted[Math.floor(sorted.length * KEPT)] ?? Infinity;
	const times: Record<Place, number[]> = { first: [], last: [], all: [] };
	for (const { place, time } of samples) if (time <= limit) times[place].push(time);
	return times;
}

function welch(a: number[], b: number[]): { t: number; difference: number } {
	const [left, right] = [moments(a), moments(b)];
	const difference = left.mean - right.mean;
	return { t: difference / Math.sqrt(left.error + right.error), difference };
}

/** The mean, and the square of its standard error. */
function moments(values: number[]): { mean: number; error: number } {
	const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
	const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
	return { mean, error: squares / (values.length - 1) / values.length };
}

function hmac(): Buffer {
	return createHmac('sha256', SECRET).update(BODY).digest();
}
