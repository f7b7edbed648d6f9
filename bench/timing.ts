import { createHmac } from 'node:crypto';

import { verify } from '../nodes/KoeIq/core/signature';
import { digits, publish, table } from './support/results';

/*
 * Whether the time that a verification takes tells which byte of a digest is wrong, after dudect (Reparaz, Balasch
 * and Verbauwhede, 2016): classes in random order, and a test of whether one's times are greater. Theirs is Welch's t
 * of what a crop of the slow tail leaves; here it is the rank sum, since a machine has a fast and a slow mode, and a
 * crop between the two can turn a difference round. A compare that leaks is measured among ours, until it is seen.
 */

/** Of each check and place, on average. */
const VERIFICATIONS_A_ROUND = 500_000;
const LEAST_ROUNDS = 6;
const MOST_ROUNDS = 20;
/** Verifications that are timed at once, so that the clock's own time counts little. */
const BATCH = 10;
/** dudect's: without a leak, one z in some 150,000 is over it. */
const THRESHOLD = 4.5;

const SECRET = 'the-secret-that-koeiq-signs-with';
const BODY = Buffer.from('{"event":"ping"}');
const RIGHT = hmac();

/** The bytes in which a digest differs from the right one. */
const MASKS = {
	first: Buffer.alloc(32).fill(0xff, 0, 1),
	last: Buffer.alloc(32).fill(0xff, 31),
	all: Buffer.alloc(32).fill(0xff),
};
type Place = keyof typeof MASKS;
const PLACES = Object.keys(MASKS) as Place[];
const PAIRS: ReadonlyArray<readonly [Place, Place]> = [
	['first', 'last'],
	['first', 'all'],
	['last', 'all'],
];

interface Check {
	name: string;
	run: (digest: Buffer) => unknown;
	/** Nanoseconds of one verification, as the mean of a batch. */
	times: Record<Place, number[]>;
}

/** By how much the times of two places differ. */
interface Difference {
	pair: string;
	/** Between the lower quartiles: what the machine takes when little runs beside. */
	nanoseconds: number;
	/** Of the rank sum. */
	z: number;
}

/** @throws if the trigger's compare leaks, or if the machine is too noisy to see the one that does */
export async function timing(report: (line: string) => void): Promise<void> {
	// An ES module only.
	const statistics = await import('simple-statistics');
	const differences = ({ times }: Check): Difference[] =>
		PAIRS.map(([a, b]) => {
			const [left, right] = [times[a], times[b]];
			const quartiles = [left, right].map((sample) => statistics.quantile(sample, 0.25));
			return {
				pair: `${a} / ${b}`,
				nanoseconds: (quartiles[0] ?? NaN) - (quartiles[1] ?? NaN),
				z: zOfRankSum(statistics.wilcoxonRankSum(left, right), left.length, right.length),
			};
		});
	const greatest = (check: Check) => Math.max(...differences(check).map(({ z }) => Math.abs(z)));

	const ours: Check = {
		name: "the trigger's",
		run: (digest) => verify(BODY, digest, { current: SECRET }),
		times: { first: [], last: [], all: [] },
	};
	const leaking: Check = {
		name: 'byte by byte',
		run: compareByteByByte,
		times: { first: [], last: [], all: [] },
	};
	const checks = [ours, leaking];

	let rounds = 0;
	while (rounds < LEAST_ROUNDS || (greatest(leaking) < THRESHOLD && rounds < MOST_ROUNDS)) {
		measure(checks);
		rounds += 1;
		const found = checks.map((check) => `${check.name} |z| ${digits(greatest(check))}`);
		report(`timing, round ${rounds}: ${found.join(', ')}`);
	}
	if (greatest(leaking) < THRESHOLD) {
		throw new Error(
			'The compare that leaks does not show it: this machine is too noisy. Run it again with less beside it.',
		);
	}
	if (greatest(ours) > THRESHOLD) {
		throw new Error('The time of a verification tells which byte is wrong.');
	}
	const rows = checks.flatMap((check) =>
		differences(check).map(({ pair, nanoseconds, z }) => ({
			compare: check.name,
			'wrong bytes': pair,
			'ns apart': nanoseconds.toFixed(1),
			z: z.toFixed(1),
		})),
	);
	const verifications = (rounds * VERIFICATIONS_A_ROUND) / 1_000_000;
	publish(
		'timing',
		{ millions: verifications, rows },
		`# The time of a refusal

Digests that are wrong in the first byte, in the last, or in all, in random order, to the trigger's verification and to one that compares byte by byte up to the first that differs:
${verifications} million each of both, one among the other. *Apart* is the difference of the lower quartiles; *z* is that of the rank sum (Wilcoxon). Over ${THRESHOLD} on either side, the time tells which byte is wrong.

${table(rows)}`,
	);
}

/** One round of all checks, one among the other. */
function measure(checks: readonly Check[]): void {
	// One buffer for all places, so that none has a better one in memory.
	const digest = Buffer.alloc(RIGHT.length);
	const batches = (VERIFICATIONS_A_ROUND * PLACES.length * checks.length) / BATCH;
	for (let batch = 0; batch < batches; batch++) {
		const { run, times } = pick(checks);
		const place = pick(PLACES);
		// The same work for each place: what the processor did last can be seen in what it does next.
		const byte = 1 + Math.floor(Math.random() * 255);
		for (const [i, bits] of MASKS[place].entries()) digest[i] = RIGHT.readUInt8(i) ^ (bits & byte);
		const start = process.hrtime.bigint();
		for (let i = 0; i < BATCH; i++) run(digest);
		times[place].push(Number(process.hrtime.bigint() - start) / BATCH);
	}
}

function pick<Item>(items: readonly Item[]): Item {
	const item = items[Math.floor(Math.random() * items.length)];
	if (item === undefined) throw new Error('There is nothing to pick from.');
	return item;
}

/** How far the rank sum of the first of two samples is from what chance gives it, in standard deviations. */
function zOfRankSum(sum: number, first: number, second: number): number {
	const expected = (first * (first + second + 1)) / 2;
	const deviation = Math.sqrt((first * second * (first + second + 1)) / 12);
	return (sum - expected) / deviation;
}

function compareByteByByte(digest: Buffer): boolean {
	const expected = hmac();
	for (let i = 0; i < expected.length; i++) if (expected[i] !== digest[i]) return false;
	return true;
}

function hmac(): Buffer {
	return createHmac('sha256', SECRET).update(BODY).digest();
}
