import { createHash } from 'node:crypto';
import type { OutgoingHttpHeaders } from 'node:http';

import { sign, TEST_PING } from '../../harness/koeiq/sender';
import { LABELS } from '../../harness/trigger';
import {
	ALERT,
	ANALYTICS,
	outputs,
	received,
	SECRET,
	TRANSCRIPTION,
	TriggerUnderTest,
	type RequestOptions,
} from './support/trigger';

/*
 * A request's way, row by row, on the real n8n: its answer, its executions, and the very item. Every variant of a row is in
 * test/unit/judge.test.ts, signature.test.ts and conditions.test.ts.
 */

let trigger: TriggerUnderTest;

beforeAll(async () => {
	trigger = await TriggerUnderTest.start({ parameters: { outputMode: 'perEvent' } });
});

const INVALID_SIGNATURE = '{"error":"Invalid signature"}';
const PING = JSON.stringify(TEST_PING);
const right = sign(SECRET, PING);
const hex = right.slice('sha256='.length);
const OCTETS = { 'content-type': 'application/octet-stream' };

async function expectRefusal(
	status: number,
	body: string,
	payload: string | Uint8Array,
	options: RequestOptions,
	to = trigger,
): Promise<void> {
	const result = await to.receive(payload, options);
	expect(result).toEqual({
		status,
		body,
		contentType: 'application/json; charset=utf-8',
		executions: [],
	});
}

describe.each(['GET', 'HEAD'])('0: a %s', (method) => {
	const get: RequestOptions = { method, signature: null, executions: 0 };
	const ready = (isReady: boolean) => ({
		status: isReady ? 200 : 503,
		body: method === 'HEAD' ? '' : `{"ready":${isReady}}`,
		contentType: 'application/json; charset=utf-8',
		executions: [],
	});

	test('finds the trigger ready, and starts nothing', async () => {
		expect(await trigger.receive('', get)).toEqual(ready(true));
	});

	test('finds a trigger whose credential holds white space alone not ready', async () => {
		const blank = await TriggerUnderTest.start({ secrets: { webhookSecret: ' \t' } });
		expect(await blank.receive('', get)).toEqual(ready(false));
	});

	// Without one at all, n8n does not publish the workflow.
	test('finds it not ready once the credential has been deleted', async () => {
		const orphan = await TriggerUnderTest.start();
		expect(await orphan.receive('', get)).toEqual(ready(true));
		await orphan.deleteCredential();
		expect(await orphan.receive('', get)).toEqual(ready(false));
	});
});

describe('1: refuses a signature header', () => {
	test.each<[string, RequestOptions['signature']]>([
		['that is missing', null],
		['sent twice', [right, right]],
		['of 63 digits', right.slice(0, -1)],
	])('%s', async (_, signature) => {
		await expectRefusal(401, INVALID_SIGNATURE, PING, { signature });
	});
});

describe('2: refuses a form', () => {
	const form = '--b\r\nContent-Disposition: form-data; name="event"\r\n\r\nping\r\n--b--\r\n';
	test.each(['multipart/form-data; boundary=b', 'Multipart/Form-Data; boundary=b'])(
		'sent as %s',
		async (type) => {
			const headers = { 'content-type': type };
			await expectRefusal(415, '{"error":"Unsupported content type"}', form, { headers });
		},
	);
});

describe('3: answers 500 if the credential', () => {
	const error = '{"error":"Webhook secret is not configured"}';

	test('has been deleted', async () => {
		const orphan = await TriggerUnderTest.start();
		await orphan.deleteCredential();
		await expectRefusal(500, error, PING, {}, orphan);
		await expectRefusal(401, INVALID_SIGNATURE, PING, { signature: null }, orphan);
	});

	test('holds white space alone, even for what is signed with it', async () => {
		const blank = await TriggerUnderTest.start({ secrets: { webhookSecret: '   ' } });
		await expectRefusal(500, error, PING, { secret: '   ' }, blank);
	});
});

test("4: refuses a body over n8n's limit", async () => {
	const body = Buffer.alloc(17 * 1024 * 1024, ' ');
	await expectRefusal(413, '{"error":"Payload too large"}', body, { headers: OCTETS });
});

describe('5: refuses', () => {
	test.each<[string, string, RequestOptions]>([
		['what another secret has signed', PING, { secret: 'forged' }],
		['what an empty secret has signed', PING, { secret: '' }],
		['a body with one more space', `${PING} `, { signature: right }],
	])('%s', async (_, payload, options) => {
		await expectRefusal(401, INVALID_SIGNATURE, payload, options);
	});
});

describe('6: refuses, though signed,', () => {
	test.each<[string, string | Uint8Array]>([
		['an empty body', ''],
		['a list', '[{"event":"test.ping"}]'],
		['Latin-1', Buffer.from('{"event":"caf\xe9"}', 'latin1')],
	])('%s', async (_, payload) => {
		await expectRefusal(400, '{"error":"Body is not a JSON object"}', payload, { headers: OCTETS });
	});

	test('a list sent as JSON', async () => {
		await expectRefusal(400, '{"error":"Body is not a JSON object"}', '[]', {});
	});
});

describe('7: holds the timestamp against the clock', () => {
	let fresh: TriggerUnderTest;
	beforeAll(async () => {
		fresh = await TriggerUnderTest.start({ parameters: { options: { maxAgeSeconds: 300 } } });
	});

	const shifted = (seconds: number) =>
		JSON.stringify({
			...TEST_PING,
			timestamp: new Date(Date.now() + seconds * 1000).toISOString(),
		});

	test.each<[string, () => string]>([
		['too old', () => shifted(-310)],
		['missing', () => '{"event":"test.ping"}'],
	])('and refuses one that is %s', async (_, payload) => {
		const error = '{"error":"Timestamp outside the allowed window"}';
		await expectRefusal(401, error, payload(), {}, fresh);
	});

	test('and takes one that is right', async () => {
		const { status, executions } = await fresh.receive(shifted(0));
		expect([status, executions.length]).toEqual([200, 1]);
	});
});

describe('8: ignores', () => {
	const IGNORED = '{"received":true,"ignored":true}';

	test('what is not selected', async () => {
		const alerts = await TriggerUnderTest.start({ parameters: { events: ['alert.triggered'] } });
		for (const payload of [TRANSCRIPTION, ANALYTICS, PING]) {
			await expectRefusal(200, IGNORED, payload, {}, alerts);
		}
		expect((await alerts.receive(ALERT)).executions).toHaveLength(1);
	});

	test('no event of a selected name, whatever differs in it', async () => {
		const typed = await TriggerUnderTest.start({ parameters: { events: ['alert.triggered'] } });
		const renamed = ALERT.replace('"Low Quality Score"', '7');
		expect((await typed.receive(renamed)).executions).toHaveLength(1);
		const other = await TriggerUnderTest.start({ parameters: { events: ['other'] } });
		await expectRefusal(200, IGNORED, renamed, {}, other);
	});

	describe('what does not meet a condition', () => {
		const SCORE = 'analytics.completed/quality_score';
		const EMOTION = 'analytics.completed/dominant_emotion';
		const RULE = 'alert.triggered/alert_rule_name';
		const analytics = (data: object) => {
			const sent = JSON.parse(ANALYTICS) as { data: object };
			return JSON.stringify({ ...sent, data: { ...sent.data, ...data } });
		};
		let low: TriggerUnderTest;
		beforeAll(async () => {
			const conditions = {
				number: [{ field: SCORE, operation: 'lt', value: 60 }],
				text: [
					{ field: EMOTION, operation: 'notEquals', value: 'calm' },
					{ field: RULE, operation: 'contains', value: 'Score' },
				],
			};
			low = await TriggerUnderTest.start({ parameters: { conditions, alsoStart: ['other'] } });
		});

		test.each<[string, string]>([
			['a score that is too high', analytics({ quality_score: 60 })],
			['one of two', analytics({ quality_score: 59, dominant_emotion: 'calm' })],
			['a text', ALERT.replace('Score', 'score')],
			['an event that no condition names', TRANSCRIPTION],
		])('%s', async (_, payload) => {
			await expectRefusal(200, IGNORED, payload, {}, low);
		});

		test.each<[string, string]>([
			['a score under it', analytics({ quality_score: 59.9 })],
			['a text', ALERT],
			['one of Also Start For', PING],
		])('but not %s', async (_, payload) => {
			expect((await low.receive(payload)).executions).toHaveLength(1);
		});
	});

	test.each<[string, unknown]>([
		['an expression', '={{ $json.conditions }}'],
		// With groups that are null, n8n does not publish the workflow.
	])('nothing for conditions that were broken by hand: %s', async (_, conditions) => {
		const broken = await TriggerUnderTest.start({ parameters: { conditions } });
		expect((await broken.receive(ANALYTICS)).executions).toHaveLength(1);
	});
});

describe('9: takes everything else', () => {
	test.each<[string, string, number, unknown[]]>([
		['a transcription', TRANSCRIPTION, 0, []],
		['analytics', ANALYTICS, 1, []],
		['an alert', ALERT, 2, []],
		['a test ping', PING, 3, [{ path: 'event', message: expect.any(String) as unknown }]],
		['an empty object', '{}', 3, [{ path: 'event', message: expect.any(String) as unknown }]],
		[
			'an event that differs from its schema',
			ANALYTICS.replace('82', '"82"'),
			1,
			[{ path: 'data.quality_score', message: expect.any(String) as unknown }],
		],
	])('%s', async (_, payload, output, issues) => {
		const before = Date.now();
		const { status, body, executions } = await trigger.receive(payload);
		expect({ status, body }).toEqual({ status: 200, body: '' });
		expect(executions.map((execution) => execution.status)).toEqual(['success']);

		const item = {
			...(JSON.parse(payload) as object),
			delivery: {
				id: createHash('sha256').update(payload).digest('hex'),
				received_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/) as unknown,
				signed_with: 'current',
				issues,
			},
		};
		const expected: unknown[][] = [[], [], [], []];
		expected[output] = [item];
		expect(outputs(executions[0])).toEqual(expected);
		expect(received(executions[0])).toEqual({ [`Next ${LABELS[output] ?? ''}`]: [item] });

		const { delivery } = outputs(executions[0])[output]?.[0] as {
			delivery: { received_at: string };
		};
		expect(Date.parse(delivery.received_at)).toBeGreaterThanOrEqual(before);
		expect(Date.parse(delivery.received_at)).toBeLessThanOrEqual(Date.now());
	});

	test('signed in bare hex', async () => {
		expect((await trigger.receive(PING, { signature: hex })).executions).toHaveLength(1);
	});

	test('again when it is delivered again, with the same delivery id', async () => {
		const first = await trigger.receive(TRANSCRIPTION);
		const second = await trigger.receive(TRANSCRIPTION);
		const ids = [first, second].map(({ executions }) => {
			const [item] = outputs(executions[0])[0] as [{ delivery: { id: string } }];
			return item.delivery.id;
		});
		expect(ids[0]).toMatch(/^[0-9a-f]{64}$/);
		expect(ids[1]).toBe(ids[0]);
	});
});

test('has no other methods', async () => {
	for (const method of ['PUT', 'DELETE', 'PATCH']) {
		expect((await trigger.receive('', { method })).status).toBe(404);
	}
});

describe("leaves to n8n's own answer what says it is JSON and", () => {
	test.each<[string, string, number, OutgoingHttpHeaders]>([
		['is malformed', '{', 422, {}],
		['is over the limit', JSON.stringify({ text: 'a'.repeat(17_000_000) }), 500, {}],
		['is not the gzip it claims to be', PING, 500, { 'content-encoding': 'gzip' }],
	])('%s', async (_, payload, expected, headers) => {
		const { status, executions } = await trigger.receive(payload, { headers });
		expect([status, executions.length]).toEqual([expected, 0]);
	});
});
