import type { ICredentialDataDecryptedObject, INodeParameters } from 'n8n-workflow';

import { sampleOf } from '../../harness/koeiq/samples';
import { deliver, sign } from '../../harness/koeiq/sender';
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

test.each([
	[200, true, SECRET],
	[503, false, ' '],
])('answers a GET %i {"ready":%p} if the secret is %j', async (status, ready, webhookSecret) => {
	server.credential = () => ({ webhookSecret });
	const response = await fetch(server.url);
	expect([response.status, await response.json()]).toEqual([status, { ready }]);
});

test('reads neither credential nor body if the signature is malformed', async () => {
	expect(await deliver(server.url, SECRET, TRANSCRIPTION, 'sha256=short')).toEqual({
		status: 401,
		body: '{"error":"Invalid signature"}',
	});
	expect(server.returned).toEqual({ noWebhookResponse: true });
	expect(server.read).toEqual([]);
});

test('refuses a forgery on the response itself', async () => {
	const forged = sign('forged', TRANSCRIPTION);
	expect(await deliver(server.url, SECRET, TRANSCRIPTION, forged)).toEqual({
		status: 401,
		body: '{"error":"Invalid signature"}',
	});
	expect(server.returned).toEqual({ noWebhookResponse: true });
	expect(server.read).toEqual(['credential', 'body']);
});

test('reads its options', async () => {
	setParameters({ events: ['other'] });
	expect((await deliver(server.url, SECRET, TRANSCRIPTION)).body).toBe(
		'{"received":true,"ignored":true}',
	);
	setParameters({
		conditions: {
			number: [{ field: 'transcription.completed/duration_seconds', operation: 'gt', value: 342 }],
		},
	});
	expect((await deliver(server.url, SECRET, TRANSCRIPTION)).body).toBe(
		'{"received":true,"ignored":true}',
	);
	setParameters({ options: { maxAgeSeconds: 60 } });
	expect((await deliver(server.url, SECRET, TRANSCRIPTION)).status).toBe(401);
	setParameters({ options: { simplify: true } });
	await deliver(server.url, SECRET, TRANSCRIPTION);
	expect(server.returned?.workflowData?.[0]?.[0]?.json).toMatchObject({ duration_seconds: 342 });
});

test('takes the previous secret while a rotation is under way', async () => {
	server.credential = () => ({ webhookSecret: 'the-new-secret', previousWebhookSecret: SECRET });
	await deliver(server.url, SECRET, TRANSCRIPTION);
	expect(server.returned?.workflowData?.[0]?.[0]?.json).toMatchObject({
		delivery: { signed_with: 'previous' },
	});
});

test.each<[string, () => ICredentialDataDecryptedObject]>([
	['is blank', () => ({ webhookSecret: '  ' })],
	['has no secret', () => ({})],
	['is no text', () => ({ webhookSecret: 42 })],
	[
		'cannot be read',
		() => {
			throw new Error('could not be decrypted');
		},
	],
])('answers 500 if the credential %s', async (_, read) => {
	server.credential = read;
	expect(await deliver(server.url, SECRET, TRANSCRIPTION)).toEqual({
		status: 500,
		body: '{"error":"Webhook secret is not configured"}',
	});
	expect(server.returned).toEqual({ noWebhookResponse: true });
});

test("answers 413 over the host's limit", async () => {
	const body = JSON.stringify({ event: 'ping', padding: 'x'.repeat(LIMIT) });
	expect(await deliver(server.url, SECRET, body)).toEqual({
		status: 413,
		body: '{"error":"Payload too large"}',
	});
});

test('answers 500 without a word of the cause if something unforeseen fails', async () => {
	setParameters({ events: 5, options: 'broken' });
	const answer = await deliver(server.url, SECRET, TRANSCRIPTION);
	expect(answer).toEqual({ status: 500, body: '{"error":"Internal error"}' });
	expect(server.returned).toEqual({ noWebhookResponse: true });
});
