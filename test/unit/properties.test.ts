import { createHash, createHmac } from 'node:crypto';

import fc from 'fast-check';

import { SAMPLES } from '../../harness/koeiq/samples';
import { sign } from '../../harness/koeiq/sender';
import { readClaim } from '../../nodes/KoeIq/core/claim';
import { FIELDS, readConditions, selects } from '../../nodes/KoeIq/core/conditions';
import { judge, type Accepted, type Options } from '../../nodes/KoeIq/core/judge';
import { REFUSALS } from '../../nodes/KoeIq/core/refusals';
import { findSecretProblem } from '../../nodes/KoeIq/core/secret';
import { SIGNATURE_HEADER, verify } from '../../nodes/KoeIq/core/signature';
import { DATE_TIME, parseTimestamp } from '../../nodes/KoeIq/core/timestamp';
import { EVERYTHING } from './support/options';

fc.configureGlobal({ numRuns: 1000 });

const SECRET = 'the-secret-that-koeiq-signs-with';
const OLD_SECRET = 'the-secret-of-last-year';
const NOW = Date.parse('2026-03-17T09:05:00Z');

type Fields = Record<string, unknown>;

/* The last has halves of characters too. */
const text = fc.oneof(
	fc.string({ unit: 'grapheme' }),
	fc.string({ unit: 'binary' }),
	fc.string({ unit: fc.nat(0xffff).map((code) => String.fromCharCode(code)) }),
);
const key = fc.oneof(
	text,
	fc.constantFrom('event', 'timestamp', 'tenant_id', 'data', 'delivery', 'attempt'),
	fc.constantFrom('__proto__', 'constructor', 'hasOwnProperty', 'toJSON', 'then', 'length'),
	fc.constantFrom('0', '10', '9', '-1', '01', '1.5', '4294967294', '4294967295'),
);
const value = fc.oneof(text, fc.jsonValue({ maxDepth: 4, stringUnit: 'binary' }));
// Not `fc.dictionary`: a key such as __proto__ is one like any other.
const fields: fc.Arbitrary<Fields> = fc
	.array(fc.tuple(key, value), { maxLength: 6 })
	.map((entries) => Object.fromEntries(entries) as Fields);

/** One of KoeIQ's events, with fields of any name before and after those that are known. */
const typed: fc.Arbitrary<Fields> = fc
	.tuple(fc.constantFrom(...Object.values(SAMPLES)), fields, fields, fields)
	.map(([sample, before, after, ofData]) => ({
		...before,
		...sample,
		data: { ...ofData, ...sample.data },
		...without(after, Object.keys(sample)),
	}));

/** The same with one of the envelope's own fields as it should not be. */
const misfit = fc
	.tuple(typed, fc.constantFrom('timestamp', 'tenant_id', 'data'), value)
	.map(([envelope, name, value]) => ({ ...envelope, [name]: value }));

/** A JSON object, and its bytes in the ways in which senders write them. */
const written = fc
	.record({
		envelope: fc.oneof(fields, typed, misfit),
		indent: fc.constantFrom('', ' ', '\t'),
		ascii: fc.boolean(),
		bom: fc.constantFrom('', '\ufeff'),
	})
	.map(({ envelope, indent, ascii, bom }) => {
		const json = JSON.stringify(envelope, null, indent);
		return { envelope, body: Buffer.from(bom + (ascii ? escaped(json) : json)) };
	});
const body = fc.oneof(
	fc.uint8Array(),
	written.map((made) => made.body),
);

/** JSON that nests deeper than a function can call itself, in a field of an event. */
const deep = fc
	.tuple(
		fc.constantFrom('event', 'timestamp', 'tenant_id', 'data', 'other'),
		fc.constantFrom(['[', ']'], ['{"":', '}']),
	)
	.map(([name, [open = '', close = '']]) => {
		const depth = 20_000;
		const nested = `${open.repeat(depth)}0${close.repeat(depth)}`;
		return Buffer.from(`{"event":"alert.triggered","${name}":${nested}}`);
	});

/** Only Start If: right, almost right, or anything. */
const condition = fc.record(
	{
		field: fc.oneof(
			fc.constantFrom(...FIELDS.map(({ event, name }) => `${event}/${name}`)),
			fc.anything(),
		),
		operation: fc.oneof(
			fc.constantFrom('lt', 'equals', 'notContains', 'constructor'),
			fc.anything(),
		),
		value: fc.oneof(fc.double(), text, fc.anything()),
	},
	{ requiredKeys: [] },
);
const parameter: fc.Arbitrary<unknown> = fc.oneof(
	fc.record(
		{ number: fc.oneof(fc.array(condition), fc.anything()), text: fc.array(condition) },
		{ requiredKeys: [] },
	),
	fc.anything(),
);

test('accepts every JSON object that is signed, and keeps each field as it was sent, in its place', () => {
	fc.assert(
		fc.property(written, ({ envelope, body }) => {
			const { issues, item } = accepted(body);
			expect(item.delivery).toEqual({
				id: createHash('sha256').update(body).digest('hex'),
				received_at: '2026-03-17T09:05:00.000Z',
				signed_with: 'current',
				issues,
			});
			const { delivery } = item;
			expect(JSON.stringify(item)).toBe(JSON.stringify({ ...asSent(envelope), delivery }));
		}),
	);
});

test('keeps the kind of an event, whatever is in its fields', () => {
	fc.assert(
		fc.property(misfit, (envelope) => {
			expect(accepted(Buffer.from(JSON.stringify(envelope))).kind).toBe(envelope.event);
		}),
	);
});

test('simplifies an event without loss, except that the envelope wins a clash of names', () => {
	fc.assert(
		fc.property(typed, (envelope) => {
			const { item } = accepted(Buffer.from(JSON.stringify(envelope)), { simplify: true });
			const { data, ...others } = asSent(envelope);
			const lifted = { ...(data as Fields), ...others, delivery: item.delivery };
			expect(JSON.stringify(item)).toBe(JSON.stringify(lifted));
		}),
	);
});

test('never throws, whatever the request is, and accepts none that is not signed', () => {
	const SIGNED = 'its signature';
	const contentType = fc.tuple(
		fc.constantFrom('Content-Type', 'content-type'),
		fc.oneof(fc.constantFrom('multipart/form-data', 'Multipart/Form-Data; boundary=x'), text, text),
	);
	const rawHeaders = fc.oneof(
		fc.array(fc.oneof(fc.constant(SIGNED), fc.mixedCase(fc.constant(SIGNATURE_HEADER)), text)),
		{
			weight: 3,
			arbitrary: fc
				.tuple(fc.option(contentType), fc.array(text))
				.map(([type, more]) => [SIGNATURE_HEADER, SIGNED, ...(type ?? []), ...more]),
		},
	);
	const request = fc
		.record({
			rawHeaders,
			signer: fc.constantFrom(SECRET, SECRET, OLD_SECRET, ''),
			previous: fc.constantFrom(undefined, OLD_SECRET, '', ' '),
			body: fc.oneof({ weight: 20, arbitrary: body }, deep),
			receivedAt: fc.nat(8.64e15),
			options: fc.record({
				typeVersion: fc.double(),
				events: fc.oneof(
					fc.constant(EVERYTHING.events),
					fc.array(fc.oneof(fc.constant('other'), text)),
				),
				conditions: parameter.map(readConditions),
				alsoStart: fc.array(fc.oneof(fc.constant('other'), text)),
				simplify: fc.boolean(),
				maxAgeSeconds: fc.oneof(fc.constant(0), fc.double()),
			}),
		})
		.map(({ signer, previous, body, rawHeaders, options, receivedAt }) => {
			const right = sign(signer, body);
			const secrets = { current: SECRET, previous };
			return {
				rawHeaders: rawHeaders.map((value) => (value === SIGNED ? right : value)),
				evidence: { secrets, body, options, receivedAt },
				isSigned: signer === SECRET || (signer === OLD_SECRET && previous === OLD_SECRET),
			};
		});

	const seen = new Set<string>();
	fc.assert(
		fc.property(request, ({ rawHeaders, evidence, isSigned }) => {
			const claim = readClaim(rawHeaders);
			const verdict = claim.outcome === 'refused' ? claim : judge(claim, evidence);
			if (verdict.outcome === 'accepted') expect(isSigned).toBe(true);
			seen.add(verdict.outcome === 'refused' ? verdict.reason : verdict.outcome);
		}),
		{ numRuns: 2000 },
	);
	// Each answer of the two was among them.
	const ofOthers: string[] = ['noCredential', 'blankSecret', 'tooLarge', 'unreadable'];
	const ours = Object.entries(REFUSALS).filter(([name]) => !ofOthers.includes(name));
	const reasons = ours.map(([, { reason }]) => reason);
	expect([...seen].sort()).toEqual(['accepted', 'ignored', ...reasons].sort());
});

test('reads conditions from any value, and an event that they do not name starts by Also Start For alone', () => {
	let others = 0;
	fc.assert(
		fc.property(parameter, written, (parameter, { body }) => {
			const { kind } = accepted(body);
			const conditions = readConditions(parameter).filter(({ event }) => event !== kind);
			others += conditions.length;
			const options = { ...EVERYTHING, conditions };
			expect(selects(options, kind)).toBe(conditions.length === 0);
			expect(selects({ ...options, alsoStart: [kind] }, kind)).toBe(true);
		}),
	);
	expect(others).toBeGreaterThan(0);
});

test('verifies no digest that nobody signed, whatever the secrets are', () => {
	const digest = fc.uint8Array({ minLength: 32, maxLength: 32 });
	fc.assert(
		fc.property(body, digest, text, fc.option(text), (body, digest, current, previous) => {
			const secrets = { current, previous: previous ?? undefined };
			expect(verify(body, Buffer.from(digest), secrets)).toBe('none');
		}),
	);
});

test('reads a time from every timestamp that the schemas accept', () => {
	fc.assert(
		fc.property(fc.stringMatching(DATE_TIME), (value) => {
			expect(parseTimestamp(value)).toEqual(expect.any(Number));
			expect(parseTimestamp(value)).not.toBeNaN();
		}),
	);
});

test('accepts only secrets that can verify, whatever was typed', () => {
	const typed = fc.oneof(text, fc.string({ unit: 'binary', minLength: 16 }));
	fc.assert(
		fc.property(typed, text, body, (current, previous, body) => {
			const problem = findSecretProblem(current, previous);
			expect(problem).not.toBe('');
			if (problem === undefined) {
				const digest = createHmac('sha256', current).update(body).digest();
				expect(verify(body, digest, { current, previous })).toBe('current');
			}
		}),
	);
});

function accepted(body: Uint8Array, changes: Partial<Options> = {}): Accepted {
	const claim = readClaim([SIGNATURE_HEADER, sign(SECRET, body)]);
	if (claim.outcome === 'refused') throw new Error(claim.reason);
	const verdict = judge(claim, {
		body,
		secrets: { current: SECRET },
		options: { ...EVERYTHING, ...changes },
		receivedAt: NOW,
	});
	if (verdict.outcome !== 'accepted') throw new Error(`It is ${JSON.stringify(verdict)}.`);
	return verdict;
}

/** What a reader of the JSON has. */
function asSent(envelope: Fields): Fields {
	return JSON.parse(JSON.stringify(envelope)) as Fields;
}

function without(fields: Fields, names: readonly string[]): Fields {
	return Object.fromEntries(Object.entries(fields).filter(([name]) => !names.includes(name)));
}

/** As Python writes JSON: ASCII alone. */
function escaped(json: string): string {
	return json.replace(
		/[^\0-\x7f]/g,
		(unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
	);
}
