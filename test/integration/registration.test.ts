import { setTimeout as sleep } from 'node:timers/promises';
import { inspect } from 'node:util';

import {
	NodeOperationError,
	type IDataObject,
	type WorkflowActivateMode,
	type WorkflowExecuteMode,
} from 'n8n-workflow';

import { KoeIqInboxApi } from '../../credentials/KoeIqInboxApi.credentials';
import { KoeIqWebhookApi } from '../../credentials/KoeIqWebhookApi.credentials';
import { sign } from '../../harness/koeiq/sender';
import { StandIn, type Answer } from '../../harness/stand-in';
import { poll } from '../../harness/wait';
import { KoeIqTrigger } from '../../nodes/KoeIq/KoeIqTrigger.node';
import { hookContext } from './support/n8n-node';

/* The trigger at a stand-in of the inbox, on n8n-core's own context and HTTP client, called as n8n calls it. */

const SECRET = 'the-secret-that-koeiq-signs-with';
const API_KEY = 'the-key-of-the-inbox-of-the-tests';
const PRODUCTION_URL = 'http://n8n.example.com:5678/webhook/webhook-id/koeiq';
const TEST_URL = 'http://n8n.example.com:5678/webhook-test/webhook-id/koeiq';

const INBOX: Answer = ({ method, path }) => {
	const isListener = path.startsWith('/api/v1/listeners/');
	if (method === 'PUT') return { body: isListener ? '{"replayed":null}' : '{"key":"webhook-id"}' };
	return { body: isListener ? '{"ended":true}' : '{"key":"webhook-id"}' };
};

const trigger = new KoeIqTrigger();
let inbox: StandIn;
/** What n8n keeps of the published workflow; each test in the editor begins with none. */
let published: IDataObject;
let warnings: string[];
let isCredentialDeleted: boolean;
let settings: { webhookSecret: string; apiKey: string; url: string; n8nUrl: string };

beforeAll(async () => {
	inbox = await StandIn.start(INBOX);
});

afterAll(async () => {
	await inbox.stop();
});

beforeEach(() => {
	inbox.reset();
	published = {};
	warnings = [];
	isCredentialDeleted = false;
	settings = { webhookSecret: SECRET, apiKey: API_KEY, url: inbox.url, n8nUrl: '' };
});

interface Call {
	webhook?: 'default' | 'setup';
	parameters?: IDataObject;
	isTest?: boolean;
}

const FROM_INBOX = { source: 'inbox' };

function context(
	{ webhook = 'default', parameters = FROM_INBOX, isTest = false }: Call,
	mode: WorkflowExecuteMode,
	activation: WorkflowActivateMode,
) {
	const { webhookSecret, ...connection } = settings;
	const made = hookContext({
		nodeType: trigger,
		node: { parameters: parameters as Record<string, string>, webhookId: 'webhook-id' },
		credentials: [
			{ type: new KoeIqWebhookApi(), data: { webhookSecret } },
			...(isCredentialDeleted ? [] : [{ type: new KoeIqInboxApi(), data: connection }]),
		],
		staticData: isTest ? {} : published,
		...{ webhook, isTest, mode, activation },
	});
	return Object.defineProperty(made, 'logger', {
		value: { warn: (line: string) => warnings.push(line) },
	});
}

/** As n8n publishes a workflow, or begins to listen for a test. */
async function start(call: Call = {}): Promise<void> {
	const isTest = call.isTest === true;
	const made = context(call, isTest ? 'manual' : 'trigger', isTest ? 'manual' : 'activate');
	const methods = trigger.webhookMethods[call.webhook ?? 'default'];
	if (!(await methods.checkExists.call(made))) await methods.create.call(made);
}

/** As n8n unpublishes it, or ends the test. */
async function stop(call: Call = {}): Promise<void> {
	const methods = trigger.webhookMethods[call.webhook ?? 'default'];
	await methods.delete.call(context(call, 'internal', 'update'));
}

function requests(): string[] {
	return inbox.requests.map(({ method, path }) => `${method} ${path}`);
}

/** What publishing fails with. */
async function failure(call?: Call): Promise<NodeOperationError> {
	const error: unknown = await start(call).then(
		() => undefined,
		(thrown: unknown) => thrown,
	);
	if (error instanceof NodeOperationError) return error;
	throw new Error(`Publishing did not fail as n8n's nodes do: ${inspect(error)}`);
}

test('publishing registers the Production URL by the workflow’s name, each time', async () => {
	await start();
	await start();
	expect(requests()).toEqual(Array(2).fill('PUT /api/v1/targets/webhook-id'));
	const [{ headers, body } = { headers: {}, body: Buffer.of() }] = inbox.requests;
	expect(JSON.parse(body.toString())).toEqual({
		url: PRODUCTION_URL,
		name: 'Bad calls, 営業',
		mustAnswer: true,
	});
	expect(headers).toMatchObject({
		authorization: [`Bearer ${API_KEY}`],
		'content-type': ['application/json'],
		'x-koeiq-signature': [sign(SECRET, body)],
	});
});

test('unpublishing pauses it, and publishing again resumes it', async () => {
	await start();
	await stop();
	await start();
	expect(requests().slice(1)).toEqual([
		'DELETE /api/v1/targets/webhook-id',
		'PUT /api/v1/targets/webhook-id',
	]);
});

const LISTENER = '/api/v1/listeners/webhook-id';

test.each([
	[{}, ['none', 'latest']],
	[{ whenTesting: 'next' }, ['none']],
])('Execute step with %j has the Test URL sent an event: %j', async (parameters, replays) => {
	const call = { isTest: true, parameters: { ...FROM_INBOX, ...parameters } };
	await start(call);
	// The editor has to know that it listens before an event comes: n8n's answer tells it.
	expect(requests()).toEqual([`PUT ${LISTENER}`]);
	await poll('what it asks for', 10_000, () => inbox.requests.length === replays.length);
	for (const [i, { body, headers }] of inbox.requests.entries()) {
		expect(JSON.parse(body.toString())).toEqual({
			url: TEST_URL,
			replay: replays[i],
			seconds: 120,
			mustAnswer: true,
		});
		expect(headers).toMatchObject({ 'x-koeiq-signature': [sign(SECRET, body)] });
	}
	await stop(call);
	expect(requests().at(-1)).toBe(`DELETE ${LISTENER}`);
});

test('a test that is over asks for no stored event any more', async () => {
	await start({ isTest: true });
	await stop({ isTest: true });
	await start({ isTest: true, parameters: { ...FROM_INBOX, whenTesting: 'next' } });
	await sleep(500);
	expect(requests()).toEqual([`PUT ${LISTENER}`, `DELETE ${LISTENER}`, `PUT ${LISTENER}`]);
});

test('the end of a test does not pause the published workflow', async () => {
	await start();
	await start({ isTest: true });
	await stop({ isTest: true });
	expect(requests()).not.toContain('DELETE /api/v1/targets/webhook-id');
	await stop();
	expect(requests().at(-1)).toBe('DELETE /api/v1/targets/webhook-id');
});

test('white space around the key, the secret and the URL does no harm', async () => {
	const { url } = settings;
	settings = { ...settings, apiKey: ` ${API_KEY}\u200b\n`, url: `\t${url}\u3000` };
	settings.webhookSecret = `${SECRET}\n`;
	await start();
	const [{ headers, body } = { headers: {}, body: Buffer.of() }] = inbox.requests;
	expect(headers).toMatchObject({
		authorization: [`Bearer ${API_KEY}`],
		'x-koeiq-signature': [sign(SECRET, body)],
	});
});

test('the n8n URL takes the place of the origin', async () => {
	settings.n8nUrl = ' http://n8n:5678/ ';
	await start();
	expect(inbox.accepted).toMatchObject([{ url: 'http://n8n:5678/webhook/webhook-id/koeiq' }]);
});

test.each<[string, Call]>([
	['the GET beside it', { webhook: 'setup' }],
	['a trigger that KoeIQ calls', { parameters: {} }],
	['the test of one that KoeIQ calls', { parameters: {}, isTest: true }],
])('%s asks the inbox for nothing', async (_, call) => {
	await start(call);
	await stop(call);
	expect(requests()).toEqual([]);
});

describe('publishing fails', () => {
	const refusal = (status: number, error: string): Answer => {
		return () => ({ status, body: JSON.stringify({ error }) });
	};

	test.each<[string, Answer, RegExp]>([
		[
			'if the key is wrong',
			refusal(401, 'The API key is not valid'),
			/^The inbox at http:\/\/127\.0\.0\.1:\d+ does not accept the API key \(401\)\. Paste INBOX_API_KEY/,
		],
		[
			'if the secret differs',
			refusal(409, "The webhook secret differs from the inbox's"),
			/^The webhook secret differs from the inbox's \(409\)\. Compare both with the secret in KoeIQ/,
		],
		[
			'if another program answers',
			() => ({ body: '<!DOCTYPE html>' }),
			/^What answers at http:\/\/127\.0\.0\.1:\d+ is not the inbox’s API \(200\)\. Check the URL/,
		],
		[
			'if the connection breaks off',
			() => 'hang up',
			/^The connection to http:\/\/127\.0\.0\.1:\d+ broke off\. Check that/,
		],
	])('%s, in a sentence', async (_, answer, message) => {
		inbox.answer = answer;
		expect((await failure()).message).toMatch(message);
		expect((await failure({ isTest: true })).message).toMatch(message);
	});

	test.each<[string, () => unknown, Call]>([
		['the inbox refuses', () => (inbox.answer = refusal(401, 'The API key is not valid')), {}],
		['the secret is empty', () => (settings.webhookSecret = ''), {}],
		['a condition has no field', () => {}, { parameters: { conditions: { number: [{}] } } }],
	])('and says that nothing runs now, which a test does not, if %s', async (_, spoil, call) => {
		spoil();
		const stopped = / The workflow does not run until a publish succeeds\.$/;
		expect((await failure(call)).message).toMatch(stopped);
		expect((await failure({ ...call, isTest: true })).message).not.toMatch(stopped);
	});

	test('if nothing listens there', async () => {
		await inbox.stop();
		const error = await failure();
		await inbox.listen();
		expect(error.message).toContain(`Nothing answers at ${inbox.url}. Check that the inbox runs`);
	});

	test.each([
		['apiKey', '', /API key of the inbox is empty/],
		['url', 'inbox', /URL of the inbox must be a web address/],
		['n8nUrl', 'n8n', /n8n URL must be a host and a port only/],
		['webhookSecret', ' ', /webhook secret is empty/],
	])('before anything is sent if %s is %j', async (field, value, message) => {
		Object.assign(settings, { [field]: value });
		expect((await failure()).message).toMatch(message);
		expect(requests()).toEqual([]);
	});

	test.each([{ ...FROM_INBOX }, {}])('if a condition has no field: %j', async (parameters) => {
		const conditions = { number: [{ value: 60 }] };
		const error = await failure({ parameters: { ...parameters, conditions } });
		expect(error.message).toMatch(/^A condition under Only Start If has no field/);
		expect(requests()).toEqual([]);
	});

	test.each<[string, Answer]>([
		[
			'a refusal that repeats them',
			({ headers: { authorization = [] } }) => ({
				status: 400,
				body: JSON.stringify({ error: `no ${authorization.join()}` }),
			}),
		],
		['a broken connection', () => 'hang up'],
	])('and its error holds neither key nor secret: %s', async (_, answer) => {
		inbox.answer = answer;
		const shown = inspect(await failure(), { depth: Infinity, showHidden: true });
		expect(shown).not.toContain(API_KEY);
		expect(shown).not.toContain(SECRET);
	});

	test('and n8n, which cleans up after it, pauses nothing', async () => {
		inbox.answer = refusal(401, 'The API key is not valid');
		await failure();
		await stop();
		expect(requests()).not.toContain('DELETE /api/v1/targets/webhook-id');
	});
});

describe('unpublishing never fails', () => {
	test.each<[string, Answer]>([
		['if the inbox refuses', () => ({ status: 401, body: '{"error":"The API key is not valid"}' })],
		['if it does not answer', () => 'hang up'],
	])('%s, and the log says why, without the key', async (_, answer) => {
		await start();
		inbox.answer = answer;
		await stop();
		expect(warnings).toEqual([expect.stringContaining(inbox.url)]);
		expect(warnings.join()).not.toContain(API_KEY);
	});

	test('if the credential cannot be used any more', async () => {
		await start();
		settings.url = '';
		await stop();
		expect(warnings).toEqual([expect.stringContaining('URL of the inbox')]);
	});

	test('if the credential was deleted', async () => {
		await start();
		isCredentialDeleted = true;
		await stop();
		expect(warnings).toEqual([expect.stringContaining('credential')]);
	});

	test('and says nothing if the inbox does not know the target', async () => {
		await start();
		inbox.answer = () => ({ status: 404, body: '{"error":"There is no target with this key"}' });
		await stop();
		expect(warnings).toEqual([]);
	});
});
