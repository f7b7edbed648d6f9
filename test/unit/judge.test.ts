import { createHash } from 'node:crypto';

import { sampleOf } from '../../harness/koeiq/samples';
import { sign, SIGNATURE_HEADER } from '../../harness/koeiq/sender';
import { readClaim } from '../../nodes/KoeIq/core/claim';
import { readConditions } from '../../nodes/KoeIq/core/conditions';
import { judge, type Accepted, type Evidence, type Options } from '../../nodes/KoeIq/core/judge';
import { REFUSALS } from '../../nodes/KoeIq/core/refusals';
import { EVERYTHING } from './support/options';

const SECRET = 'the-secret-that-koeiq-signs-with';
const NOW = Date.parse('2026-03-17T09:05:00Z');
const SAMPLE = JSON.stringify(sampleOf('transcription.completed'));
/** Options that no event meets. */
const IMPOSSIBLE: Partial<Options> = { maxAgeSeconds: 1, events: [] };

interface Changes extends Partial<Pick<Evidence, 'secrets'>> {
	signature?: string;
	options?: Partial<Options>;
}

function judged(
	body: string | Uint8Array,
	{ signature = sign(SECRET, body), options, ...changes }: Changes = {},
) {
	const claim = readClaim([SIGNATURE_HEADER, signature]);
	if (claim.outcome === 'refused') throw new Error(claim.reason);
	return judge(claim, {
		body: Buffer.from(body),
		secrets: { current: SECRET },
		options: { ...EVERYTHING, ...options },
		receivedAt: NOW,
		...changes,
	});
}

function accepted(body: string, changes: Changes = {}): Accepted {
	const verdict = judged(body, changes);
	if (verdict.outcome !== 'accepted') throw new Error(`It is ${verdict.outcome}.`);
	return verdict;
}

test('accepts a known answer', () => {
	// printf '%s' "$BODY" | openssl dgst -sha256 -hmac "$SECRET"; the id is the same without -hmac.
	const signature = 'sha256=e1ccc7e495d65ab9e63d06272b54bd134525c2d7436c065af4f2a32b9c2bcde9';
	const id = '5dcda309189e74536aec05fc448207b577d40254f600ac821d44217e2029cbf6';
	expect(accepted('{"event":"ping","text":"通話"}', { signature }).item).toEqual({
		event: 'ping',
		text: '通話',
		delivery: {
			id,
			received_at: '2026-03-17T09:05:00.000Z',
			signed_with: 'current',
			issues: [{ path: 'event', message: 'Not a transcription, analytics or alert: ping' }],
		},
	});
});

test.each([
	['9007199254740993', 9_007_199_254_740_992],
	['12345678901234567890', 12_345_678_901_234_567_000],
	['0.30000000000000004', 0.30000000000000004],
	['1e400', Infinity],
	['-0', -0],
])('makes a JavaScript number of %s', (sent, number) => {
	expect(accepted(`{"event":"ping","number":${sent}}`).item.number).toBe(number);
});

describe('answers by the first rule of the contract that applies', () => {
	/* Every row's request has the faults of all rows below it too. */
	const ignored = { outcome: 'ignored', status: 200, body: { received: true, ignored: true } };
	test.each<[string, string, Changes, object]>([
		['5: forged', '[', { signature: sign('x', '['), options: IMPOSSIBLE }, REFUSALS.wrongSignature],
		['6: not an object', '[', { options: IMPOSSIBLE }, REFUSALS.notAnObject],
		['7: too old', SAMPLE, { options: IMPOSSIBLE }, REFUSALS.outsideWindow],
		['8: not selected', SAMPLE, { options: { events: ['other'] } }, ignored],
	])('%s', (_, body, changes, expected) => {
		expect(judged(body, changes)).toMatchObject(expected);
	});
});

describe('with every event selected', () => {
	test.each(['transcription.completed', 'analytics.completed', 'alert.triggered'] as const)(
		'accepts %s',
		(name) => {
			expect(accepted(JSON.stringify(sampleOf(name)))).toMatchObject({ kind: name, issues: [] });
		},
	);

	test('accepts anything else, however old', () => {
		expect(accepted('{"timestamp":"1999-01-01T00:00:00Z"}').kind).toBe('other');
	});
});

describe('during a rotation', () => {
	const secrets = { current: 'the-new-secret-of-koeiq', previous: SECRET };
	test.each([
		['previous', SECRET],
		['current', secrets.current],
	])('accepts what the %s secret has signed', (name, secret) => {
		const { item } = accepted(SAMPLE, { secrets, signature: sign(secret, SAMPLE) });
		expect(item.delivery.signed_with).toBe(name);
	});
});

describe('reads the body', () => {
	test.each<[string, string | Uint8Array]>([
		['nothing', ''],
		['a list', '[]'],
		['null', 'null'],
		['text', '"event"'],
		['a number', '1'],
		['half an object', '{"event":'],
		['two objects', '{}{}'],
		['a form', 'event=ping'],
		['bytes that are no UTF-8', Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d])],
		['half a character', Buffer.from('{"a":"声"}').subarray(0, 7)],
		['UTF-16', Buffer.from('{"event":"ping"}', 'utf16le')],
		['a BOM twice', '\ufeff\ufeff{}'],
	])('and refuses %s', (_, body) => {
		expect(judged(body)).toBe(REFUSALS.notAnObject);
	});

	test.each<[string, string]>([
		['compact', SAMPLE],
		['indented', JSON.stringify(JSON.parse(SAMPLE), null, 2)],
		['with CRLF', JSON.stringify(JSON.parse(SAMPLE), null, '\t').replaceAll('\n', '\r\n')],
		['with a BOM', `\ufeff${SAMPLE}`],
	])('%s', (_, body) => {
		expect(accepted(body).kind).toBe('transcription.completed');
	});
});

test.each(['[', '{"":'])('does not fail on an event name that is 100,000 %s deep', (open) => {
	const body = `{"event":${open.repeat(100_000)}0${(open === '[' ? ']' : '}').repeat(100_000)}}`;
	expect(accepted(body).issues).toEqual([
		{
			path: 'event',
			message: expect.stringMatching(/^Not a .* alert: (a list|an object)$/) as unknown,
		},
	]);
});

describe('holds the timestamp against the window', () => {
	const at = (timestamp: unknown) => JSON.stringify({ ...JSON.parse(SAMPLE), timestamp });
	test.each<[string, string, string]>([
		['at its early edge', at('2026-03-17T09:00:00Z'), 'accepted'],
		['at its late edge', at('2026-03-17T09:10:00Z'), 'accepted'],
		['a millisecond too early', at('2026-03-17T08:59:59.999Z'), 'refused'],
		['a millisecond too late', at('2026-03-17T09:10:00.001Z'), 'refused'],
		['with an offset', at('2026-03-17T18:04:00+09:00'), 'accepted'],
		['with an offset of hours alone', at('2026-03-17T18:04:00+09'), 'accepted'],
		['if there is none', at(undefined), 'refused'],
		['if it is a number', at(NOW), 'refused'],
		['if it has no zone', at('2026-03-17T09:05:00'), 'refused'],
		['of a ping', '{"event":"ping","timestamp":"2026-03-17T09:05:00Z"}', 'accepted'],
		['of a ping without one', '{"event":"ping"}', 'refused'],
	])('%s', (_, body, expected) => {
		expect(judged(body, { options: { maxAgeSeconds: 300 } }).outcome).toBe(expected);
	});

	test('refuses everything if the window is not a number', () => {
		const options = { maxAgeSeconds: Number.NaN };
		expect(judged(SAMPLE, { options })).toBe(REFUSALS.outsideWindow);
	});
});

describe('starts the workflow by events and conditions', () => {
	const analytics = JSON.stringify(sampleOf('analytics.completed'));
	const below = (value: number) =>
		readConditions({
			number: [{ field: 'analytics.completed/quality_score', operation: 'lt', value }],
		});
	test.each<[string, string, Partial<Options>, string]>([
		['a selected event', SAMPLE, { events: ['transcription.completed'] }, 'accepted'],
		['one that is not selected', SAMPLE, { events: ['alert.triggered', 'other'] }, 'ignored'],
		['one that meets its condition', analytics, { conditions: below(83) }, 'accepted'],
		['one that does not', analytics, { conditions: below(82) }, 'ignored'],
		['one beside those with a condition', SAMPLE, { conditions: below(100) }, 'ignored'],
		[
			'one that starts it beside them',
			SAMPLE,
			{ conditions: below(0), alsoStart: ['transcription.completed'] },
			'accepted',
		],
		[
			'one that meets its condition, but is not selected',
			analytics,
			{ conditions: below(83), events: ['other'] },
			'ignored',
		],
		['an event that its typeVersion does not know', SAMPLE, { typeVersion: 1 }, 'accepted'],
		[
			'one that it does not know, if others are not selected',
			SAMPLE,
			{ typeVersion: 1, events: ['transcription.completed'] },
			'ignored',
		],
	])('%s', (_, body, options, expected) => {
		expect(judged(body, { options }).outcome).toBe(expected);
	});
});

describe('keeps the kind of an event that differs from its schema', () => {
	const body = SAMPLE.replace('342', '"342"');
	const issue = { path: 'data.duration_seconds' };

	test('accepted', () => {
		const options = { events: ['transcription.completed'] };
		expect(accepted(body, { options })).toMatchObject({
			kind: 'transcription.completed',
			issues: [issue],
			item: { data: { duration_seconds: '342' }, delivery: { issues: [issue] } },
		});
	});

	test('ignored, and still tells what differs', () => {
		expect(judged(body, { options: { events: ['other'] } })).toMatchObject({
			outcome: 'ignored',
			kind: 'transcription.completed',
			issues: [issue],
		});
	});
});

describe('makes the item', () => {
	const delivery = (body: string) => ({
		id: createHash('sha256').update(body).digest('hex'),
		received_at: '2026-03-17T09:05:00.000Z',
		signed_with: 'current',
		issues: [],
	});
	const simplify = { options: { simplify: true } };

	test('of the envelope as it was sent', () => {
		const body =
			'{"z":1,"tenant_id":"t","event":"alert.triggered","data":{"voicelog_id":"v","b":[{}],"alert_rule_id":"a","condition":"c"},"timestamp":"2026-03-17T09:00:00Z"}';
		const { item } = accepted(body);
		expect(item).toEqual({ ...(JSON.parse(body) as object), delivery: delivery(body) });
		expect(Object.keys(item)).toEqual(['z', 'tenant_id', 'event', 'data', 'timestamp', 'delivery']);
	});

	test('over a delivery of the sender', () => {
		const { item } = accepted('{"event":"ping","delivery":{"signed_with":"nobody"}}');
		expect(item).toMatchObject({
			event: 'ping',
			delivery: { signed_with: 'current', issues: [{ path: 'event' }] },
		});
	});

	test('with __proto__ as a field like any other', () => {
		const { item } = accepted('{"event":"ping","__proto__":{"admin":true}}');
		expect(Object.keys(item)).toEqual(['event', '__proto__', 'delivery']);
		expect(Object.getPrototypeOf(item)).toBe(Object.prototype);
	});

	test('simplified', () => {
		const body = JSON.stringify({
			...JSON.parse(SAMPLE),
			attempt: 1,
			data: { voicelog_id: 'v', tenant_id: 'inner', data: 'inner', delivery: 'x', attempt: 9 },
		});
		expect(accepted(body, simplify).item).toEqual({
			voicelog_id: 'v',
			data: 'inner',
			event: 'transcription.completed',
			timestamp: '2026-03-17T09:00:00Z',
			tenant_id: 't_xxxx',
			attempt: 1,
			delivery: delivery(body),
		});
	});

	test.each([['no data'], [null], [[1]], [5]])(
		'simplified, with data %p left in its place',
		(data) => {
			const body = JSON.stringify({ ...JSON.parse(SAMPLE), data });
			expect(accepted(body, simplify).item).toMatchObject({ data });
		},
	);

	test('of Other as it was sent, simplified or not', () => {
		const { item } = accepted('{"event":"ping","data":{"message":"hello"}}', simplify);
		expect(item).toMatchObject({ event: 'ping', data: { message: 'hello' } });
	});
});
