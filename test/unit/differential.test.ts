import { randomInt } from 'node:crypto';

import fc from 'fast-check';

import { SAMPLES } from '../../harness/koeiq/samples';
import { readDigest, verify } from '../../nodes/KoeIq/core/signature';
import {
	runPython,
	signature,
	verdict,
	verifyAsNode,
	verifyAsPython,
	type Pair,
	type Signed,
	type Verdict,
} from './support/reference';

/* The trigger's verdicts, held against those of KoeIQ's own two samples. */

const COUNT = 100_000;
const SECRETS = [
	'the-secret-that-koeiq-signs-with',
	'コールセンターの秘密🔑',
	'longer than a block of SHA-256: '.repeat(3),
];

const body = fc.oneof(
	fc.uint8Array({ maxLength: 100 }),
	fc.json().map((text) => Buffer.from(text)),
	fc.constantFrom(...Object.values(SAMPLES).map((sample) => Buffer.from(JSON.stringify(sample)))),
);

/** The 64 digits of a header: more than half of them right. */
const digits: fc.Arbitrary<(pair: Signed) => string> = fc.oneof(
	{ weight: 5, arbitrary: fc.constant(digitsOf) },
	fc.nat(255).map((bit) => (pair: Signed) => {
		const digest = Buffer.from(digitsOf(pair), 'hex');
		digest.writeUInt8(digest.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
		return digest.toString('hex');
	}),
	body.map((other) => (pair: Signed) => digitsOf({ ...pair, body: other })),
	fc.string().map((other) => (pair: Signed) => digitsOf({ ...pair, secret: other })),
	fc.uint8Array({ minLength: 32, maxLength: 32 }).map((random) => () => hex(random)),
);

const LENGTH = 'sha256='.length + 64;
const at = fc.nat(LENGTH - 1);
const blank = fc.constantFrom(' ', '\t', '\n', '\u00a0', '\u3000', '\ufeff');
/* Some of them fold to ASCII letters or digits elsewhere; the last is half a character. */
const notAscii = fc.constantFrom('é', '\u017f', '\u212a', '１', '🔑', '\ud83d');
const prefix = fc.constantFrom('sha1=', 'sha512=', 'md5=', 'v1=', 'sha256:', 'sha-256=', '=');

/** The ways in which a header can be written, right and wrong. */
const writing: fc.Arbitrary<(hex: string) => string | undefined> = fc.oneof(
	{ weight: 6, arbitrary: fc.constant((hex: string) => `sha256=${hex}`) },
	{
		weight: 6,
		arbitrary: fc.constantFrom(
			(hex: string) => hex,
			(hex: string) => `sha256=${hex.toUpperCase()}`,
			(hex: string) => `SHA256=${hex}`,
			(hex: string) => `Sha256=${hex}`,
			(hex: string) => hex.toUpperCase(),
		),
	},
	fc.constantFrom(
		(hex: string) => `sha256=${hex},sha256=${hex}`,
		(hex: string) => `sha256=${hex}, sha256=${hex}`,
		(hex: string) => Buffer.from(hex, 'hex').toString('base64'),
	),
	prefix.map((other) => (hex: string) => other + hex),
	blank.map((c) => (hex: string) => `${c}sha256=${hex}`),
	blank.map((c) => (hex: string) => `sha256=${hex}${c}`),
	blank.map((c) => (hex: string) => c + hex),
	fc.string({ minLength: 1 }).map((more) => (hex: string) => `sha256=${hex}${more}`),
	at.map((i) => (hex: string) => `sha256=${hex}`.slice(0, i)),
	at.map((i) => (hex: string) => `sha256=${hex}`.slice(i + 1)),
	fc.tuple(at, blank).map(([i, c]) => replacing(i, 0, c)),
	fc.tuple(at, blank).map(([i, c]) => replacing(i, 1, c)),
	fc.tuple(at, notAscii).map(([i, c]) => replacing(i, 1, c)),
	// In place of as many bytes, so that the length is right.
	fc.tuple(fc.nat(LENGTH - 4), notAscii).map(([i, c]) => replacing(i, Buffer.byteLength(c), c)),
	fc.tuple(at, fc.nat(7)).map(([i, bit]) => (hex: string) => {
		const code = `sha256=${hex}`.charCodeAt(i) ^ (1 << bit);
		return replacing(i, 1, String.fromCharCode(code))(hex);
	}),
	fc.constantFrom(
		() => '',
		() => undefined,
	),
	fc.string({ maxLength: 80, unit: 'binary' }).map((junk) => () => junk),
);

const pair: fc.Arbitrary<Pair> = fc
	.tuple(fc.constantFrom(...SECRETS), body, digits, writing)
	.map(([secret, body, digits, write]) => ({
		secret,
		body,
		header: write(digits({ secret, body })),
	}));

const SAME = ['both accept', 'both refuse'] as const;
const WIDER = [
	'ours reads bare hex',
	'ours reads any letter case',
	'ours reads bare hex in any letter case',
] as const;
const OTHER_LENGTH = 'the sample throws on another length';
const NO_HEADER = 'the sample throws where there is no header';
const NOT_ASCII = 'the sample raises where the header is not ASCII';

/** Why two verdicts on a pair differ; `undefined` where nothing that is meant explains it. */
function classOf(pair: Pair, ours: Verdict, theirs: Verdict): string | undefined {
	if (ours === theirs) return ours === 'accepts' ? SAME[0] : SAME[1];
	const { header } = pair;
	if (ours === 'accepts') {
		if (header === digitsOf(pair)) return WIDER[0];
		if (header?.toLowerCase() === signature(pair)) return WIDER[1];
		if (header?.toLowerCase() === digitsOf(pair)) return WIDER[2];
		return undefined;
	}
	if (ours !== 'refuses') return undefined;
	if (theirs === 'RangeError') {
		return Buffer.byteLength(header ?? '') !== signature(pair).length ? OTHER_LENGTH : undefined;
	}
	if (theirs !== 'TypeError') return undefined;
	if (header === undefined) return NO_HEADER;
	return /^[\0-\x7f]*$/.test(header) ? undefined : NOT_ASCII;
}

test(`agrees with the reference's samples on ${COUNT} pairs, but where it is meant not to`, () => {
	const seed = Number(process.env.DIFFERENTIAL_SEED ?? randomInt(2 ** 31));
	const pairs = fc.sample(pair, { numRuns: COUNT, seed });
	const python = runPython(pairs);
	const againstNode = counter(...SAME, ...WIDER, OTHER_LENGTH, NO_HEADER);
	const againstPython = counter(...SAME, ...WIDER, NOT_ASCII);
	const unexplained: unknown[] = [];
	const forged: unknown[] = [];
	const unlikeTheModel: unknown[] = [];

	for (const [i, pair] of pairs.entries()) {
		const ours = verdict(() => verifyAsOurs(pair));
		const asNode = verdict(() => verifyAsNode(pair));
		const modelled = verdict(() => verifyAsPython(pair));
		const asPython = python === undefined ? modelled : (python.verdicts[i] ?? 'nothing');
		const shown = { ...pair, ours, asNode, asPython, modelled };

		if (!againstNode.count(classOf(pair, ours, asNode))) unexplained.push(shown);
		if (!againstPython.count(classOf(pair, ours, asPython))) unexplained.push(shown);
		if (asPython !== modelled) unlikeTheModel.push(shown);
		if (ours === 'accepts' && !claims(pair.header, digitsOf(pair))) forged.push(shown);
	}

	const by =
		python === undefined
			? 'by a model of it: there is no Python 3 here'
			: `run by ${python.version}`;
	process.stderr.write(
		[
			`${COUNT} pairs, DIFFERENTIAL_SEED=${seed}; against the Node.js sample:`,
			...againstNode.lines(),
			`against the Python sample, ${by}:`,
			...againstPython.lines(),
			'',
		].join('\n'),
	);
	expect(forged.slice(0, 3)).toEqual([]);
	expect(unexplained.slice(0, 3)).toEqual([]);
	expect(unlikeTheModel.slice(0, 3)).toEqual([]);
	expect([...againstNode.counts(), ...againstPython.counts()]).not.toContain(0);
});

function replacing(at: number, length: number, by: string) {
	return (hex: string) => {
		const header = `sha256=${hex}`;
		return header.slice(0, at) + by + header.slice(at + length);
	};
}

function verifyAsOurs({ secret, body, header }: Pair): boolean {
	const digest = readDigest(header);
	return digest !== undefined && verify(body, digest, { current: secret }) === 'current';
}

/** Whether the last 64 characters of a header are these bytes. */
function claims(header: string | undefined, digits: string): boolean {
	const claimed = Buffer.from(header?.slice(-64) ?? '', 'hex');
	return claimed.length === 32 && claimed.equals(Buffer.from(digits, 'hex'));
}

function digitsOf(signed: Signed): string {
	return signature(signed).slice('sha256='.length);
}

function hex(bytes: Uint8Array): string {
	return Buffer.from(bytes).toString('hex');
}

/** Counts by name; a name that it was not made with is not counted. */
function counter(...names: string[]) {
	const counts = new Map(names.map((name) => [name, 0]));
	return {
		count(name = ''): boolean {
			const count = counts.get(name);
			if (count !== undefined) counts.set(name, count + 1);
			return count !== undefined;
		},
		counts: () => [...counts.values()],
		lines: () => [...counts].map(([name, count]) => `${String(count).padStart(8)}  ${name}`),
	};
}
