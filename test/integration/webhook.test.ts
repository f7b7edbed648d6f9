import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

import express from 'express';
import { WebhookContext } from 'n8n-core';
import {
	Workflow,
	type ICredentialDataDecryptedObject,
	type INode,
	type INodeParameters,
	type INodeTypes,
	type IWebhookData,
	type IWebhookResponseData,
	type IWorkflowExecuteAdditionalData,
} from 'n8n-workflow';

import { deliver, sign } from '../../harness/koeiq/sender';
import { SAMPLES } from '../../harness/koeiq/samples';
import { KoeIqTrigger } from '../../nodes/KoeIq/KoeIqTrigger.node';

/*
 * The node on n8n-core's own webhook context, behind a real HTTP request. What n8n itself adds around it
 * (routing, executions, its answer to an accepted event) is for the end-to-end tests.
 */

const SECRET = 'the-secret-that-koeiq-signs-with';
const [TRANSCRIPTION = '', ANALYTICS = ''] = Object.values(SAMPLES).map((sample) =>
	JSON.stringify(sample),
);
const LIMIT = 1_000;

const trigger = new KoeIqTrigger();
let server: Server;
let url: string;
let credential: () => ICredentialDataDecryptedObject;
let parameters: INodeParameters;
/** What `webhook()` returned for the last request, and what it read. */
let returned: IWebhookResponseData | undefined;
let read: string[];

beforeAll(async () => {
	const app = express();
	app.post('/', async (request, response) => {
		read = [];
		request.readRawBody = async () => {
			read.push('body');
			request.rawBody = await readBytes(request);
		};
		returned = await trigger.webhook.call(context(request, response));
		// n8n answers itself where the node has not.
		if (returned.noWebhookResponse !== true) response.status(200).end();
	});
	server = createServer(app).listen(0, '127.0.0.1');
	await new Promise((resolve) => server.once('listening', resolve));
	url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
});

afterAll(async () => {
	await new Promise((resolve) => server.close(resolve));
});

beforeEach(() => {
	credential = () => ({ webhookSecret: SECRET, previousWebhookSecret: '' });
	parameters = {};
});

/** As n8n's own `readRawBody`: over the limit, it throws an error with a `statusCode`. */
async function readBytes(request: IncomingMessage): Promise<Buffer> {
	const chunks: Buffer[] = [];
	let length = 0;
	for await (const chunk of request as AsyncIterable<Buffer>) {
		length += chunk.length;
		chunks.push(chunk);
	}
	if (length > LIMIT) throw Object.assign(new Error('too large'), { statusCode: 413 });
	return Buffer.concat(chunks);
}

function context(httpRequest: express.Request, httpResponse: express.Response): WebhookContext {
	const node: INode = {
		id: 'node',
		name: 'KoeIQ Trigger',
		type: 'n8n-nodes-koeiq.koeIqTrigger',
		typeVersion: 2,
		position: [0, 0],
		parameters,
		credentials: { koeIqWebhookApi: { id: 'credential', name: 'KoeIQ' } },
	};
	const nodeTypes: INodeTypes = {
		getByName: () => trigger,
		getByNameAndVersion: () => trigger,
		getKnownTypes: () => ({}),
	};
	const workflow = new Workflow({
		id: 'w',
		nodes: [node],
		connections: {},
		active: true,
		nodeTypes,
	});
	const webhook = { webhookDescription: trigger.description.webhooks?.[0] } as IWebhookData;
	const additionalData = {
		httpRequest,
		httpResponse,
		credentialsHelper: {
			isCredentialUsableByNode: () => true,
			getDecrypted: async () => {
				read.push('credential');
				return credential();
			},
		},
	} as unknown as IWorkflowExecuteAdditionalData;
	const started = workflow.getNode('KoeIQ Trigger');
	if (started === null) throw new Error('The workflow has lost its node.');
	return new WebhookContext(workflow, started, additionalData, 'webhook', webhook, [], null);
}

test('returns an accepted event as the item of its output, and leaves the answer to n8n', async () => {
	expect(await deliver(url, SECRET, ANALYTICS)).toEqual({ status: 200, body: '' });
	expect(returned).toEqual({
		workflowData: [
			[],
			[{ json: expect.objectContaining(JSON.parse(ANALYTICS) as object) as unknown }],
			[],
			[],
		],
	});
});

test('returns one output in single mode', async () => {
	parameters = { outputMode: 'single' };
	await deliver(url, SECRET, ANALYTICS);
	expect(returned?.workflowData).toHaveLength(1);
	expect(returned?.workflowData?.[0]).toHaveLength(1);
});

test('reads neither credential nor body where the signature is malformed', async () => {
	expect(await deliver(url, SECRET, TRANSCRIPTION, 'sha256=short')).toEqual({
		status: 401,
		body: '{"error":"Invalid signature"}',
	});
	expect(returned).toEqual({ noWebhookResponse: true });
	expect(read).toEqual([]);
});

test('refuses a forgery on the response itself', async () => {
	const forged = sign('forged', TRANSCRIPTION);
	expect(await deliver(url, SECRET, TRANSCRIPTION, forged)).toEqual({
		status: 401,
		body: '{"error":"Invalid signature"}',
	});
	expect(returned).toEqual({ noWebhookResponse: true });
	expect(read).toEqual(['credential', 'body']);
});

test('reads its options', async () => {
	parameters = { events: ['other'] };
	expect((await deliver(url, SECRET, TRANSCRIPTION)).body).toBe('{"received":true,"ignored":true}');
	parameters = { options: { maxAgeSeconds: 60 } };
	expect((await deliver(url, SECRET, TRANSCRIPTION)).status).toBe(401);
	parameters = { options: { simplify: true } };
	await deliver(url, SECRET, TRANSCRIPTION);
	expect(returned?.workflowData?.[0]?.[0]?.json).toMatchObject({ duration_seconds: 342 });
});

test('takes the previous secret while a rotation is under way', async () => {
	credential = () => ({ webhookSecret: 'the-new-secret', previousWebhookSecret: SECRET });
	await deliver(url, SECRET, TRANSCRIPTION);
	expect(returned?.workflowData?.[0]?.[0]?.json).toMatchObject({
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
])('answers 500 where the credential %s', async (_, read) => {
	credential = read;
	expect(await deliver(url, SECRET, TRANSCRIPTION)).toEqual({
		status: 500,
		body: '{"error":"Webhook secret is not configured"}',
	});
	expect(returned).toEqual({ noWebhookResponse: true });
});

test("answers 413 over the host's limit", async () => {
	const body = JSON.stringify({ event: 'ping', padding: 'x'.repeat(LIMIT) });
	expect(await deliver(url, SECRET, body)).toEqual({
		status: 413,
		body: '{"error":"Payload too large"}',
	});
});

test('answers 500 without a word of the cause where something unforeseen fails', async () => {
	parameters = { events: 5, options: 'broken' };
	const answer = await deliver(url, SECRET, TRANSCRIPTION);
	expect(answer).toEqual({ status: 500, body: '{"error":"Internal error"}' });
	expect(returned).toEqual({ noWebhookResponse: true });
});
