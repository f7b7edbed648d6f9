import { inspect } from 'node:util';

import { NodeApiError, NodeOperationError, type IDataObject, type INode } from 'n8n-workflow';

import { KoeIqInboxApi } from '../../credentials/KoeIqInboxApi.credentials';
import { sampleOf } from '../../harness/koeiq/samples';
import { StandIn } from '../../harness/stand-in';
import { KoeIq } from '../../nodes/KoeIq/KoeIq.node';
import { executeContext } from './support/n8n-node';

/* The KoeIQ node's resource Event at a stand-in of the inbox, on n8n-core's own context and HTTP client. */

const API_KEY = 'the-key-of-the-inbox-of-the-tests';
const EVENT = sampleOf('analytics.completed');
const TARGETS = [{ key: 'k', name: 'Bad calls', state: 'failed', attempts: 8, lastAnswer: '500' }];

const ROW = { id: 'abc', receivedAt: '2026-03-16T00:30:00.000Z', targets: TARGETS };
const ITEM = {
	...EVENT,
	delivery: { id: 'abc', received_at: '2026-03-16T00:30:00.000Z', issues: [] },
	inbox: { targets: TARGETS },
};

const node = new KoeIq();
let inbox: StandIn;

beforeAll(async () => {
	inbox = await StandIn.start(({ path }) => {
		if (path === '/api/v1/sends') return { body: '{"events":3}' };
		if (path.startsWith('/api/v1/events?')) {
			return { body: JSON.stringify({ events: [ROW], cursor: null }) };
		}
		return path === '/api/v1/events/abc'
			? { body: JSON.stringify({ ...ROW, body: JSON.stringify(EVENT) }) }
			: { status: 404, body: '{"error":"There is no event with this id"}' };
	});
});

afterAll(async () => {
	await inbox.stop();
});

beforeEach(() => {
	inbox.reset();
});

async function execute(
	parameters: IDataObject,
	{
		items = [{ json: {} }],
		...settings
	}: Partial<INode> & { items?: [{ json: IDataObject }] } = {},
) {
	const context = executeContext({
		nodeType: node,
		node: {
			parameters: { resource: 'event', ...parameters },
			...settings,
		},
		credentials: [
			{ type: new KoeIqInboxApi(), data: { url: inbox.url, apiKey: API_KEY, n8nUrl: '' } },
		],
		items,
	});
	const [results = []] = await node.execute.call(context);
	return results;
}

async function failure(...run: Parameters<typeof execute>): Promise<Error> {
	const error: unknown = await execute(...run).then(
		() => undefined,
		(thrown: unknown) => thrown,
	);
	if (error instanceof NodeApiError || error instanceof NodeOperationError) return error;
	throw new Error(`The node did not fail as n8n's nodes do: ${inspect(error)}`);
}

test('gets many, each as the trigger gives it, with what became of it', async () => {
	expect(await execute({ operation: 'getAll' })).toEqual([{ json: ITEM, pairedItem: { item: 0 } }]);
	expect(inbox.requests[0]?.path).toBe('/api/v1/events?limit=50');
	expect(inbox.requests[0]?.headers.authorization).toEqual([`Bearer ${API_KEY}`]);
});

test('asks for what the filters say, in the API’s names', async () => {
	await execute({
		operation: 'getAll',
		limit: 5,
		filters: {
			callId: 4711,
			voicelogId: ' vl_1 ',
			event: 'analytics.completed',
			state: 'failed',
			receivedAfter: '2026-03-16T09:30:00',
			receivedBefore: '',
		},
	});
	const [, query] = inbox.requests[0]?.path.split('?') ?? [];
	expect(Object.fromEntries(new URLSearchParams(query))).toEqual({
		call_id: '4711',
		voicelog_id: 'vl_1',
		event: 'analytics.completed',
		state: 'failed',
		after: '2026-03-16T09:30:00+09:00',
		limit: '5',
	});
});

test('asks for all with Return All', async () => {
	await execute({ operation: 'getAll', returnAll: true });
	expect(inbox.requests[0]?.path).toBe('/api/v1/events?limit=100');
});

test('gets one by its Delivery ID', async () => {
	expect(await execute({ operation: 'get', deliveryId: ' abc\n' })).toEqual([
		{ json: ITEM, pairedItem: { item: 0 } },
	]);
});

test.each<[string, IDataObject, unknown]>([
	['one event', { deliveryId: 'abc' }, { id: 'abc' }],
	[
		'one event to one target',
		{ deliveryId: 'abc', options: { target: 'k' } },
		{ id: 'abc', target: 'k' },
	],
	[
		'what failed in a time range',
		{
			sendWhat: 'range',
			receivedAfter: '2026-03-15T00:00:00',
			receivedBefore: '2026-03-16T00:00:00+09:00',
			filters: { state: 'failed', event: 'alert.triggered' },
		},
		{
			after: '2026-03-15T00:00:00+09:00',
			before: '2026-03-16T00:00:00+09:00',
			state: 'failed',
			event: 'alert.triggered',
		},
	],
])('sends again: %s', async (_, parameters, body) => {
	expect(await execute({ operation: 'sendAgain', ...parameters })).toEqual([
		{ json: { events: 3 }, pairedItem: { item: 0 } },
	]);
	expect(inbox.accepted).toEqual([body]);
});

test.each<[IDataObject, RegExp]>([
	[
		{ operation: 'get', deliveryId: 'gone' },
		/^The inbox has no event with the Delivery ID gone\.$/,
	],
	[{ operation: 'get', deliveryId: '' }, /Delivery ID is empty/],
	[{ operation: 'sendAgain', sendWhat: 'range', receivedAfter: '2026-03-15' }, /Set both/],
	[{ operation: 'getAll', filters: { receivedAfter: 'soon' } }, /After is not a date: "soon"/],
	[{ operation: 'getAll', filters: { callId: 2 ** 60 } }, /Call ID is the number .* too many/],
])('%j fails in a sentence', async (parameters, message) => {
	expect((await failure(parameters)).message).toMatch(message);
});

test('says that the key is wrong, and does not show it', async () => {
	inbox.answer = () => ({ status: 401, body: '{"error":"The API key is not valid"}' });
	const error = await failure({ operation: 'getAll' });
	expect(error.message).toBe(`The inbox at ${inbox.url} does not accept the API key (401)`);
	expect(inspect(error, { depth: Infinity, showHidden: true })).not.toContain(API_KEY);
});

test('continues on fail with the error in words', async () => {
	inbox.answer = () => 'hang up';
	const [item] = await execute({ operation: 'getAll' }, { onError: 'continueRegularOutput' });
	expect(item?.json.error).toMatch(/^The connection to .* broke off\. Check/);
});
