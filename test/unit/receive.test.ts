import { createHash } from 'node:crypto';

import { sign, SIGNATURE_HEADER } from '../../harness/koeiq/sender';
import { EVENTS } from '../../nodes/KoeIq/core/events';
import { receive, type Options, type Request } from '../../nodes/KoeIq/core/receive';

const SECRET = 'the-secret-that-koeiq-signs-with';
const NOW = Date.parse('2026-03-17T09:05:00Z');
const ALL: Options = {
	events: ['transcription.completed', 'analytics.completed', 'alert.triggered', 'other'],
	simplify: false,
	maxAgeSeconds: 0,
};
const SAMPLE = JSON.stringify(EVENTS[0]?.sample);

/** A request that is signed by the reference's sample, and what of it was read. */
function request(
	body: string | Uint8Array,
	{
		options = {},
		...changes
	}: Partial<Omit<Request, 'options'>> & { options?: Partial<Options> } = {},
) {
	const read: string[] = [];
	const made: Request = {
		rawHeaders: [SIGNATURE_HEADER, sign(SECRET, body), 'Content-Type', 'application/json'],
		secrets: async () => ({ current: SECRET }),
		body: async () => Buffer.from(body),
		receivedAt: NOW,
		...changes,
		options: () => ({ ...ALL, ...options }),
	};
	return {
		read,
		outcome: receive({
			...made,
			secrets: async () => {
				read.push('secrets');
				return await made.secrets();
			},
			body: async () => {
				read.push('body');
				return await made.body();
			},
		}),
	};
}

const tooLarge = async () => {
	throw Object.assign(new Error('request entity too large'), { statusCode: 413 });
};
const brokenOff = async () => {
	throw new Error('unexpected end of file');
};

describe('refuses, in the order of the contract', () => {
	/* Every row's request also has the faults of all rows below it: the first that applies must answer. */
	const multipart = ['Content-Type', 'multipart/form-data; boundary=x'];
	const forged = [SIGNATURE_HEADER, sign('forged', 'x')];
	const noSecret = async () => ({ current: ' ' });
	test.each<[string, Parameters<typeof request>[1], string | Uint8Array, number, string, string[]]>(
		[
			[
				'1: no signature',
				{ rawHeaders: multipart, secrets: noSecret, body: tooLarge },
				'[',
				401,
				'Invalid signature',
				[],
			],
			[
				'2: multipart',
				{ rawHeaders: [...forged, ...multipart], secrets: noSecret, body: tooLarge },
				'[',
				415,
				'Unsupported content type',
				[],
			],
			[
				'3: no secret',
				{ rawHeaders: forged, secrets: noSecret, body: tooLarge },
				'[',
				500,
				'Webhook secret is not configured',
				['secrets'],
			],
			[
				'4: too large',
				{ rawHeaders: forged, body: tooLarge },
				'[',
				413,
				'Payload too large',
				['secrets', 'body'],
			],
			[
				'5: forged',
				{ rawHeaders: forged, options: { maxAgeSeconds: 1, events: [] } },
				'[',
				401,
				'Invalid signature',
				['secrets', 'body'],
			],
			[
				'6: no JSON',
				{ options: { maxAgeSeconds: 1, events: [] } },
				'[',
				400,
				'Body is not a JSON object',
				['secrets', 'body'],
			],
			[
				'7: too old',
				{ options: { maxAgeSeconds: 1, events: [] } },
				SAMPLE,
				401,
				'Timestamp outside the allowed window',
				['secrets', 'body'],
			],
		],
	)('%s', async (_, changes, body, status, error, parts) => {
		const { outcome, read } = request(body, changes);
		expect(await outcome).toMatchObject({ outcome: 'refused', status, body: { error } });
		expect(read).toEqual(parts);
	});

	test('8: not selected', async () => {
		expect(await request(SAMPLE, { options: { events: ['other'] } }).outcome).toEqual({
			outcome: 'ignored',
			status: 200,
			body: { received: true, ignored: true },
		});
	});
});

describe('tells the operator', () => {
	const signature = sign(SECRET, SAMPLE);
	test.each<[string, Parameters<typeof request>[1], string | Uint8Array, RegExp]>([
		['no signature', { rawHeaders: [] }, SAMPLE, /has no X-KoeIQ-Signature/],
		[
			'two signatures',
			{ rawHeaders: [SIGNATURE_HEADER, signature, SIGNATURE_HEADER, signature] },
			SAMPLE,
			/more than one X-KoeIQ-Signature/,
		],
		['no digest', { rawHeaders: [SIGNATURE_HEADER, 'sha256=0'] }, SAMPLE, /64 hex digits/],
		[
			'a form',
			{ rawHeaders: [SIGNATURE_HEADER, signature, 'Content-Type', 'multipart/form-data'] },
			SAMPLE,
			/multipart form/,
		],
		['no credential', { secrets: brokenOff }, SAMPLE, /credential is missing/],
		['a blank secret', { secrets: async () => ({ current: ' ' }) }, SAMPLE, /secret .* is blank/],
		['a long body', { body: tooLarge }, SAMPLE, /N8N_PAYLOAD_SIZE_MAX/],
		['half a body', { body: brokenOff }, SAMPLE, /broke off/],
		['another secret', { secrets: async () => ({ current: 'another' }) }, SAMPLE, /neither secret/],
		['no JSON', {}, 'event=ping', /not a JSON object/],
		['an old event', { options: { maxAgeSeconds: 1 } }, SAMPLE, /outside Maximum Age/],
	])('of %s', async (_, changes, body, reason) => {
		const outcome = await request(body, changes).outcome;
		if (outcome.outcome !== 'refused') throw new Error(`It is ${outcome.outcome}.`);
		expect(outcome.reason).toMatch(reason);
	});
});

describe('reads the headers', () => {
	const signature = sign(SECRET, SAMPLE);
	test.each<[string, string[], string]>([
		['whatever their letter case', ['x-KOEIQ-signature', signature], 'accepted'],
		['without a content type', [SIGNATURE_HEADER, signature], 'accepted'],
		[
			'with any content type',
			[SIGNATURE_HEADER, signature, 'Content-Type', 'image/png'],
			'accepted',
		],
		[
			'with another multipart type',
			[SIGNATURE_HEADER, signature, 'Content-Type', 'multipart/mixed'],
			'accepted',
		],
		[
			'with two signatures',
			[SIGNATURE_HEADER, signature, 'x-koeiq-signature', signature],
			'refused',
		],
		[
			'with a form in capitals',
			[SIGNATURE_HEADER, signature, 'CONTENT-TYPE', 'Multipart/Form-Data'],
			'refused',
		],
		[
			'with white space behind the type of a form',
			[SIGNATURE_HEADER, signature, 'Content-Type', 'multipart/form-data ; boundary=x'],
			'refused',
		],
		['with the name as a value', ['X-Other', SIGNATURE_HEADER, signature, 'x'], 'refused'],
	])('%s', async (_, rawHeaders, expected) => {
		expect((await request(SAMPLE, { rawHeaders }).outcome).outcome).toBe(expected);
	});
});

describe('reads the credential', () => {
	test.each<[string, Request['secrets']]>([
		[
			'that cannot be read',
			async () => {
				throw new Error('no such credential');
			},
		],
		['without a secret', async () => ({})],
		['with an empty secret', async () => ({ current: '' })],
		['with a previous secret alone', async () => ({ previous: SECRET })],
	])('%s', async (_, secrets) => {
		expect(await request(SAMPLE, { secrets }).outcome).toMatchObject({
			outcome: 'refused',
			status: 500,
		});
	});

	test('during a rotation', async () => {
		const secrets = async () => ({ current: 'the-new-secret-of-koeiq', previous: SECRET });
		expect(await request(SAMPLE, { secrets }).outcome).toMatchObject({
			outcome: 'accepted',
			item: { delivery: { signed_with: 'previous' } },
		});
	});
});

describe('reads the body', () => {
	const refused = { outcome: 'refused', status: 400, body: { error: 'Body is not a JSON object' } };

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
	])('and refuses %s', async (_, body) => {
		expect(await request(body).outcome).toMatchObject(refused);
	});

	test.each<[string, unknown]>([
		['that broke off', new Error('unexpected end of file')],
		['that is no gzip', Object.assign(new Error('bad gzip'), { statusCode: 400 })],
		['that fails without an error', undefined],
		['that fails with a text', 'aborted'],
	])('and refuses one %s', async (_, thrown) => {
		const body = async () => {
			throw thrown as Error;
		};
		expect(await request(SAMPLE, { body }).outcome).toMatchObject({
			outcome: 'refused',
			status: 400,
			body: { error: 'Body could not be read' },
		});
	});

	test.each<[string, string]>([
		['compact', SAMPLE],
		['indented', JSON.stringify(JSON.parse(SAMPLE), null, 2)],
		['with CRLF', JSON.stringify(JSON.parse(SAMPLE), null, '\t').replaceAll('\n', '\r\n')],
		['with a BOM', `\ufeff${SAMPLE}`],
	])('%s', async (_, body) => {
		const outcome = await request(body).outcome;
		expect(outcome).toMatchObject({ outcome: 'accepted', kind: 'transcription.completed' });
	});
});

describe('holds the timestamp against the window', () => {
	const at = (timestamp: unknown) => JSON.stringify({ ...JSON.parse(SAMPLE), timestamp });
	test.each<[string, string, string]>([
		['at its early edge', at('2026-03-17T09:00:00Z'), 'accepted'],
		['at its late edge', at('2026-03-17T09:10:00Z'), 'accepted'],
		['a millisecond too early', at('2026-03-17T08:59:59.999Z'), 'refused'],
		['a millisecond too late', at('2026-03-17T09:10:00.001Z'), 'refused'],
		['with an offset', at('2026-03-17T18:04:00+09:00'), 'accepted'],
		['where there is none', at(undefined), 'refused'],
		['where it is a number', at(NOW), 'refused'],
		['where it has no zone', at('2026-03-17T09:05:00'), 'refused'],
		['of a ping', '{"event":"ping","timestamp":"2026-03-17T09:05:00Z"}', 'accepted'],
		['of a ping without one', '{"event":"ping"}', 'refused'],
	])('%s', async (_, body, expected) => {
		const { outcome } = await request(body, { options: { maxAgeSeconds: 300 } }).outcome;
		expect(outcome).toBe(expected);
	});

	test('lets nothing through a window that is no number', async () => {
		expect(await request(SAMPLE, { options: { maxAgeSeconds: Number.NaN } }).outcome).toMatchObject(
			{
				outcome: 'refused',
			},
		);
	});
});

describe('makes the item', () => {
	const delivery = (body: string) => ({
		id: createHash('sha256').update(body).digest('hex'),
		received_at: '2026-03-17T09:05:00.000Z',
		signed_with: 'current',
		issues: [],
	});

	test('of the envelope as it was sent', async () => {
		const body =
			'{"z":1,"tenant_id":"t","event":"alert.triggered","data":{"voicelog_id":"v","b":[{}],"alert_rule_id":"a","condition":"c"},"timestamp":"2026-03-17T09:00:00Z"}';
		const outcome = await request(body).outcome;
		expect(outcome).toEqual({
			outcome: 'accepted',
			kind: 'alert.triggered',
			item: { ...(JSON.parse(body) as object), delivery: delivery(body) },
		});
		if (outcome.outcome !== 'accepted') throw new Error('not accepted');
		expect(Object.keys(outcome.item)).toEqual([
			'z',
			'tenant_id',
			'event',
			'data',
			'timestamp',
			'delivery',
		]);
	});

	test('over a delivery of the sender', async () => {
		const body = '{"event":"ping","delivery":{"signed_with":"nobody"}}';
		expect(await request(body).outcome).toMatchObject({
			kind: 'other',
			item: { event: 'ping', delivery: { signed_with: 'current', issues: [{ path: 'event' }] } },
		});
	});

	test('with __proto__ as a field like any other', async () => {
		const outcome = await request('{"event":"ping","__proto__":{"admin":true}}').outcome;
		if (outcome.outcome !== 'accepted') throw new Error('not accepted');
		expect(Object.keys(outcome.item)).toEqual(['event', '__proto__', 'delivery']);
		expect(Object.getPrototypeOf(outcome.item)).toBe(Object.prototype);
	});

	test('simplified', async () => {
		const body = JSON.stringify({
			...JSON.parse(SAMPLE),
			attempt: 1,
			data: {
				voicelog_id: 'v',
				tenant_id: 'of the data',
				data: 'inner',
				delivery: 'x',
				attempt: 9,
			},
		});
		expect(await request(body, { options: { simplify: true } }).outcome).toMatchObject({
			item: {
				voicelog_id: 'v',
				data: 'inner',
				event: 'transcription.completed',
				timestamp: '2026-03-17T09:00:00Z',
				tenant_id: 't_xxxx',
				attempt: 1,
				delivery: delivery(body),
			},
		});
	});

	test('of Other as it was sent, simplified or not', async () => {
		const body = '{"event":"ping","data":{"message":"hello"}}';
		expect(await request(body, { options: { simplify: true } }).outcome).toMatchObject({
			item: { event: 'ping', data: { message: 'hello' } },
		});
	});
});

test('counts an event that does not fit its schema as other', async () => {
	const body = SAMPLE.replace('342', '"342"');
	const selected = { events: ['transcription.completed'] };
	expect(await request(body, { options: selected }).outcome).toMatchObject({ outcome: 'ignored' });
	expect(await request(body, { options: { events: ['other'] } }).outcome).toMatchObject({
		kind: 'other',
		item: { delivery: { issues: [{ path: 'data.duration_seconds' }] } },
	});
});
