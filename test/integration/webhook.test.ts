import { WebhookContext } from 'n8n-core';
import type { ICredentialDataDecryptedObject, INodeParameters } from 'n8n-workflow';

import { sampleOf } from '../../harness/koeiq/samples';
import { deliver, sign, SIGNATURE_HEADER, TEST_PING } from '../../harness/koeiq/sender';
import { KoeIqTrigger } from '../../nodes/KoeIq/KoeIqTrigger.node';
import { LIMIT, SECRET, WebhookServer } from './support/webhook-server';

/*
 * The node on n8n-core's own webhook context. What n8n itself adds around it (routing, executions, its answer to an
 * accepted event) is for the end-to-end tests.
 */

const TRANSCRIPTION = JSON.stringify(sampleOf('transcription.completed'));
const ANALYTICS = JSON.stringify(sampleOf('analytics.completed'));

const trigger = new KoeIqTrigger();
let server: WebhookServer;

beforeEach(async () => {
	server = await WebhookServer.start(trigger);
});

afterEach(async () => {
	await server.stop();
});

function setParameters(parameters: INodeParameters): void {
	server.node = { parameters };
}

test('returns an accepted event as the one output’s item, and leaves the answer to n8n', async () => {
	expect(await deliver(server.url, SECRET, ANALYTICS)).toEqual({ status: 200, body: '' });
	const json = expect.objectContaining(JSON.parse(ANALYTICS) as object) as unknown;
	expect(server.returned).toEqual({ workflowData: [[{ json }]] });
});

test('returns it as the item of its own output', async () => {
	setParameters({ outputMode: 'perEvent' });
	await deliver(server.url, SECRET, ANALYTICS);
	expect(server.returned?.workflowData?.map((items) => items.length)).toEqual([0, 1, 0, 0]);
});

describe("answers by the contract's table", () => {
	const INVALID = '{"error":"Invalid signature"}';
	const NOT_CONFIGURED = '{"error":"Webhook secret is not configured"}';
	const FORGED = sign('another-secret-of-16', TRANSCRIPTION);
	const form = new FormData();
	form.set('event', 'ping');

	/** What a request has to differ in from a good one, whose answer is an empty 200. */
	interface Row {
		body?: string | Uint8Array | FormData;
		signature?: string | null;
		credential?: () => ICredentialDataDecryptedObject;
		bodyError?: Error;
		parameters?: INodeParameters;
	}

	// A row's request also has the faults of rows below it, if it can: the first row that applies answers.
	test.each<[string, Row, number, string]>([
		['1: no signature', { signature: null, body: form }, 401, INVALID],
		['1: a malformed signature', { signature: 'sha256=short', body: '[' }, 401, INVALID],
		[
			'2: a form',
			{ body: form, credential: () => ({}) },
			415,
			'{"error":"Unsupported content type"}',
		],
		[
			'3: a credential that cannot be read',
			{
				credential: () => {
					throw new Error('could not be decrypted');
				},
				signature: FORGED,
			},
			500,
			NOT_CONFIGURED,
		],
		['3: no secret', { credential: () => ({}), signature: FORGED }, 500, NOT_CONFIGURED],
		['3: a blank secret', { credential: () => ({ webhookSecret: ' ' }) }, 500, NOT_CONFIGURED],
		['3: no text', { credential: () => ({ webhookSecret: 42 }) }, 500, NOT_CONFIGURED],
		[
			'4: too large a body',
			{ body: 'x'.repeat(LIMIT + 1), signature: FORGED },
			413,
			'{"error":"Payload too large"}',
		],
		[
			'4b: a body that breaks off',
			{ bodyError: new Error('incorrect header check'), signature: FORGED },
			400,
			'{"error":"Body could not be read"}',
		],
		['5: a forgery', { body: '[', signature: FORGED }, 401, INVALID],
		[
			'6: no JSON object',
			{ body: '[]', parameters: { options: { maxAgeSeconds: 60 } } },
			400,
			'{"error":"Body is not a JSON object"}',
		],
		[
			'7: an old event',
			{ parameters: { options: { maxAgeSeconds: 60 }, events: ['other'] } },
			401,
			'{"error":"Timestamp outside the allowed window"}',
		],
		[
			'8: an event that is not selected',
			{ parameters: { events: ['other'] } },
			200,
			'{"received":true,"ignored":true}',
		],
		['9: everything else', {}, 200, ''],
	])('%s', async (name, { body = TRANSCRIPTION, ...row }, status, answer) => {
		const right = body instanceof FormData ? FORGED : sign(SECRET, body);
		const { signature = right } = row;
		if (row.credential !== undefined) server.credential = row.credential;
		server.bodyError = row.bodyError;
		setParameters(row.parameters ?? {});
		const response = await fetch(server.url, {
			method: 'POST',
			headers: signature === null ? {} : { [SIGNATURE_HEADER]: signature },
			body,
		});
		expect([response.status, await response.text()]).toEqual([status, answer]);
		expect(server.returned?.noWebhookResponse).toBe(name.startsWith('9') ? undefined : true);
		// Before a signature's form is right, nothing is read that costs anything.
		if (/^[12]/.test(name)) expect(server.read).toEqual([]);
	});

	test.each([
		['GET', 200, SECRET, '{"ready":true}'],
		['HEAD', 200, SECRET, ''],
		['GET', 503, ' ', '{"ready":false}'],
		['HEAD', 503, ' ', ''],
	])('0: a %s is answered %i if the secret is %j', async (method, status, secret, body) => {
		server.credential = () => ({ webhookSecret: secret });
		const response = await fetch(server.url, { method });
		expect([response.status, await response.text()]).toEqual([status, body]);
	});
});

test.each<[string, string, number]>([
	['one of the three that differs from its schema', TRANSCRIPTION.replace('342', '"342"'), 1],
	['one of another name, such as the Test Ping', JSON.stringify(TEST_PING), 0],
	['one that is as documented', TRANSCRIPTION, 0],
])('an event writes a warning only if it has to: %s', async (_, payload, warnings) => {
	expect((await deliver(server.url, SECRET, payload)).status).toBe(200);
	expect(server.warnings).toHaveLength(warnings);
});

test.each<[string, INodeParameters, string, RegExp[]]>([
	['from KoeIQ itself', { source: 'inbox' }, 'KoeIQ', [/the inbox did not send/]],
	['from the inbox', { source: 'inbox' }, 'koeiq-inbox', []],
	['from KoeIQ without the inbox', {}, 'KoeIQ', []],
])(
	'an event that passes the inbox by writes a warning: one %s',
	async (_, parameters, agent, lines) => {
		setParameters(parameters);
		const headers = { [SIGNATURE_HEADER]: sign(SECRET, ANALYTICS), 'user-agent': agent };
		const { status } = await fetch(server.url, { method: 'POST', headers, body: ANALYTICS });
		expect(status).toBe(200);
		expect(server.warnings).toEqual(lines.map((line) => expect.stringMatching(line) as unknown));
	},
);

test('reads its options', async () => {
	setParameters({ events: ['other'] });
	expect((await deliver(server.url, SECRET, TRANSCRIPTION)).body).toBe(
		'{"received":true,"ignored":true}',
	);
	const field = 'transcription.completed/duration_seconds';
	const conditions = { number: [{ field, operation: 'gt', value: 342 }] };
	setParameters({ conditions });
	for (const payload of [TRANSCRIPTION, ANALYTICS]) {
		expect((await deliver(server.url, SECRET, payload)).body).toBe(
			'{"received":true,"ignored":true}',
		);
	}
	setParameters({ conditions, alsoStart: ['analytics.completed'] });
	expect((await deliver(server.url, SECRET, ANALYTICS)).body).toBe('');
	setParameters({ options: { maxAgeSeconds: 60 } });
	expect((await deliver(server.url, SECRET, TRANSCRIPTION)).status).toBe(401);
	setParameters({ options: { simplify: true } });
	await deliver(server.url, SECRET, TRANSCRIPTION);
	expect(server.returned?.workflowData?.[0]?.[0]?.json).toMatchObject({ duration_seconds: 342 });
});

test('accepts the previous secret while a rotation is under way', async () => {
	server.credential = () => ({ webhookSecret: 'the-new-secret', previousWebhookSecret: SECRET });
	await deliver(server.url, SECRET, TRANSCRIPTION);
	expect(server.returned?.workflowData?.[0]?.[0]?.json).toMatchObject({
		delivery: { signed_with: 'previous' },
	});
});

test('answers 500 without a word of the cause if something unforeseen fails', async () => {
	jest.spyOn(WebhookContext.prototype, 'getNodeParameter').mockImplementationOnce(() => {
		throw new Error('words of n8n');
	});
	const answer = await deliver(server.url, SECRET, TRANSCRIPTION);
	expect(answer).toEqual({ status: 500, body: '{"error":"Internal error"}' });
	expect(server.returned).toEqual({ noWebhookResponse: true });
});

test.each<[string, INodeParameters, number]>([
	['events that are no list select all', { events: 5 }, 200],
	['options that are no collection are not set', { options: 'broken' }, 200],
	['a Maximum Age that is no number accepts nothing', { options: { maxAgeSeconds: 'x' } }, 401],
])('parameters edited by hand: %s', async (_, parameters, status) => {
	setParameters(parameters);
	expect((await deliver(server.url, SECRET, TRANSCRIPTION)).status).toBe(status);
});
