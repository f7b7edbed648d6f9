import { createHmac } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { createApi } from '../../inbox/src/api/api';
import { Listeners } from '../../inbox/src/delivery/listeners';
import type { Reply } from '../../inbox/src/delivery/policy';
import { log } from '../../inbox/src/log';
import { targetUrl } from '../../inbox/src/settings/targets';
import type { Outcome } from '../../inbox/src/store/store';
import {
	closeStores,
	newEvent,
	newEvents,
	newPlace,
	openAt,
	type OpenedStore,
} from './support/open-store';

/* The API as n8n sees it, in process, on a SQLite store. */

const KEY = 'a-key-of-the-api-tests-0123456789';
const SECRET = 'the-secret-of-the-api-tests';
const URL_ONE = 'http://n8n.test:5678/webhook/one/koeiq';
const TEST_URL = 'http://n8n.test:5678/webhook-test/one/koeiq';
const NO_ID = '0'.repeat(64);
const TARGETS = [{ key: 'set', url: 'http://n8n.test/webhook/set/koeiq', name: '' }];

type Api = ReturnType<typeof createApi>;
/** What more there is to a request. */
interface More {
	payload?: string | object | Buffer;
	headers?: Record<string, string>;
}

let opened: OpenedStore;
let api: Api;
let listeners: Listeners;
let changes: number;
let sent: number;
let logged: string[];
let reply: Reply;
let deadEnd: string | undefined;
const posted: string[] = [];

beforeEach(async () => {
	opened = await openAt(await newPlace('SQLite'), TARGETS);
	changes = sent = posted.length = 0;
	reply = { kind: 'answered', status: 200, text: '', contentType: '' };
	deadEnd = undefined;
	logged = [];
	for (const level of ['info', 'warn', 'error'] as const) {
		jest.spyOn(log, level).mockImplementation((fields, message) => {
			logged.push(JSON.stringify({ ...fields, message }));
		});
	}
	listeners = new Listeners({
		store: opened.store,
		createClient: () => ({
			post: async ({ signature }) => {
				posted.push(signature);
				return reply;
			},
			probe: async () => ({ isReady: true }),
		}),
	});
	api = createApi({
		...{ store: opened.store, apiKey: KEY, listeners },
		secrets: { current: SECRET, previous: 'the-secret-before-this-one' },
		readUrl: ({ isTest }) =>
			targetUrl([{ host: '0.0.0.0', port: 8080 }], { what: 'an http(s) URL', isTest }),
		findDeadEnd: async () => deadEnd,
		onTargetsChanged: async () => {
			changes += 1;
		},
		onSent: () => {
			sent += 1;
		},
	});
});

afterEach(async () => {
	listeners.stop();
	await api.close();
	await closeStores();
	jest.restoreAllMocks();
});

interface Answered {
	status: number;
	body: Record<string, unknown>;
}

type Method = 'GET' | 'PUT' | 'POST' | 'DELETE';

async function ask(method: Method, path: string, more: More = {}): Promise<Answered> {
	const { statusCode, payload } = await api.inject({
		...{ method, url: `/api/v1${path}` },
		...more,
		headers: { authorization: `Bearer ${KEY}`, ...more.headers },
	});
	return { status: statusCode, body: JSON.parse(payload) as Record<string, unknown> };
}

const register = async (key: string, body: object = { url: URL_ONE, name: 'One' }) =>
	await ask('PUT', `/targets/${encodeURIComponent(key)}`, { payload: body });

/** As a trigger signs it. */
function signed(body: object, secret: string): More {
	const payload = JSON.stringify(body);
	const signature = `sha256=${createHmac('sha256', secret).update(payload).digest('hex')}`;
	return {
		payload,
		headers: { 'content-type': 'application/json', 'x-koeiq-signature': signature },
	};
}

async function add(number: number): Promise<string[]> {
	const events = newEvents(number);
	for (const event of events) await opened.store.add({ ...event, signature: event.id });
	return events.map(({ id }) => id);
}

async function settle(outcome: Outcome, target = 'set'): Promise<void> {
	for (const job of await opened.store.take(target, { places: 100, retries: 100 })) {
		await opened.store.settle(job, outcome, { at: 1, answer: '500 no', milliseconds: 1 });
	}
}

describe('the key', () => {
	const REFUSED = { status: 401, body: { error: 'The API key is not valid' } };

	test.each([
		'',
		'Bearer',
		'Bearer ',
		KEY,
		`Basic ${KEY}`,
		`Bearer ${KEY}x`,
		`Bearer ${KEY.slice(1)}`,
		`Bearer ${KEY} ${KEY}`,
		`Bearer ${KEY.toUpperCase()}`,
		'Bearer \u00e9'.repeat(1_000),
	])('%j lets nobody in, whatever is asked', async (authorization) => {
		const headers = { authorization } as Record<string, string>;
		for (const [method, path] of [
			['GET', ''],
			['GET', '/openapi.json'],
			['PUT', '/targets/x'],
			['DELETE', '/targets/set'],
			['GET', '/nothing'],
		] as const) {
			expect(await ask(method, path, { headers })).toEqual(REFUSED);
		}
		expect(changes).toBe(0);
	});

	test('that is right tells what answers', async () => {
		expect(await ask('GET', '')).toEqual({
			status: 200,
			body: { name: 'koeiq-inbox', version: expect.stringMatching(/^\d+\.\d+\.\d+/) as string },
		});
		const headers = { authorization: `bearer  ${KEY}` };
		expect((await ask('GET', '', { headers })).status).toBe(200);
	});

	test('10,000 wrong ones are slowed down, and the right one is answered at once meanwhile', async () => {
		const began = performance.now();
		const headers = { authorization: 'Bearer guessed' };
		let isOver = false;
		const guesses = Array.from({ length: 10_000 }, () => ask('GET', '', { headers }));
		const all = Promise.all(guesses).then((answers) => {
			isOver = true;
			return answers;
		});
		expect((await ask('GET', '')).status).toBe(200);
		expect(isOver).toBe(false);
		expect(new Set((await all).map(({ status }) => status))).toEqual(new Set([401]));
		const later = performance.now();
		expect((await ask('GET', '', { headers })).status).toBe(401);
		expect(performance.now() - later).toBeGreaterThanOrEqual(190);
		expect(later - began).toBeGreaterThanOrEqual(190);
		expect((await ask('GET', '')).status).toBe(200);
	});
});

describe('targets', () => {
	test('register, resume, move and are listed; each change is logged once', async () => {
		const [id = ''] = await add(1);
		expect(await register('one')).toEqual({
			status: 200,
			body: {
				...{ key: 'one', url: URL_ONE, name: 'One', state: 'current' },
				...{ waiting: 0, retrying: 0, failed: 0, delivered: 0, oldestWaitingAt: null },
			},
		});
		await register('one');
		await add(1);
		expect((await ask('DELETE', '/targets/one')).body).toMatchObject({
			state: 'paused',
			waiting: 1,
		});
		await register('one');
		const moved = 'http://elsewhere.test/webhook/one/koeiq';
		await register('one', { url: moved, name: 'One' });
		expect(changes).toBe(5);
		const found = await opened.store.find(id);
		expect((await ask('GET', '/targets')).body).toMatchObject({
			targets: [
				{
					key: 'set',
					name: TARGETS[0]?.url,
					state: 'current',
					waiting: 2,
					oldestWaitingAt: new Date(found?.receivedAt ?? 0).toISOString(),
				},
				{ key: 'one', name: 'One', url: moved, waiting: 1 },
			],
		});
		expect(logged.map((line) => /"message":"(\w+)/.exec(line)?.[1])).toEqual([
			'Registered',
			'Paused',
			'Resumed',
			'Moved',
		]);
	});

	test('are forgotten with what waits for them, unless they are set', async () => {
		await register('one');
		await add(3);
		expect(await ask('DELETE', '/targets/one?forget=true')).toEqual({
			status: 200,
			body: { discarded: 3 },
		});
		expect((await ask('GET', '/targets')).body).toMatchObject({ targets: [{ key: 'set' }] });
		expect(await ask('DELETE', '/targets/set?forget=true')).toMatchObject({
			status: 409,
			body: { error: expect.stringContaining('INBOX_FORWARD_TO names this target') as string },
		});
		expect((await ask('DELETE', '/targets/set')).body).toMatchObject({ state: 'current' });
	});

	test.each([
		'a/b',
		'%',
		'日本',
		'a b?c#d',
		'x'.repeat(200),
		'😀'.repeat(200),
		'"\'<>\\',
		'tab\there',
	])('can have the key %j', async (key) => {
		expect(await register(key)).toMatchObject({ status: 200, body: { key } });
		const path = `/targets/${encodeURIComponent(key)}`;
		expect(await ask('DELETE', path)).toMatchObject({ status: 200, body: { key } });
		expect((await ask('DELETE', `${path}?forget=true`)).status).toBe(200);
	});

	test.each([
		['current', SECRET, 200],
		['previous', 'the-secret-before-this-one', 200],
		['another', 'another-secret-than-the-inbox', 409],
	])(
		'a registration signed with the %s secret is answered %s %i',
		async (_name, secret, status) => {
			const more = signed({ url: URL_ONE, name: 'One' }, secret);
			const answer = await ask('PUT', '/targets/one', more);
			expect(answer.status).toBe(status);
			if (status !== 409) return;
			expect(answer.body).toEqual({ error: "The webhook secret differs from the inbox's" });
			expect(changes).toBe(0);
			const test = signed({ url: TEST_URL, replay: 'none', seconds: 1 }, secret);
			expect((await ask('PUT', '/listeners/one', test)).status).toBe(409);
		},
	);

	test('a URL at which nobody can be is refused if it must answer, signed or not, and else registered', async () => {
		deadEnd = 'no such host';
		const asked: Array<[string, object]> = [
			['/targets/one', { url: URL_ONE, name: 'One' }],
			['/listeners/one', { url: TEST_URL, replay: 'none', seconds: 1 }],
		];
		for (const [path, body] of asked) {
			const strict = { ...body, mustAnswer: true };
			for (const more of [signed(strict, SECRET), { payload: strict }]) {
				const refused = await ask('PUT', path, more);
				expect(refused).toMatchObject({ status: 409 });
				expect(refused.body['error']).toMatch(
					/^Nothing answers at http:\/\/n8n\.test:5678 \(no such host\)\. .*n8n URL/,
				);
			}
			const lax = { ...body, mustAnswer: false };
			for (const more of [signed(body, SECRET), { payload: lax }]) {
				expect((await ask('PUT', path, more)).status).toBe(200);
			}
		}
		expect(changes).toBe(2);
	});

	test('a signature that is none, or of other bytes, is refused too', async () => {
		const body = { url: URL_ONE, name: 'One' };
		for (const signature of ['', 'sha256=', 'x'.repeat(64), `sha256=${'0'.repeat(64)}`]) {
			const more = { payload: body, headers: { 'x-koeiq-signature': signature } };
			expect((await ask('PUT', '/targets/one', more)).status).toBe(409);
		}
		const more = signed(body, SECRET);
		expect(
			(await ask('PUT', '/targets/one', { ...more, payload: `${JSON.stringify(body)} ` })).status,
		).toBe(409);
	});
});

describe('listeners', () => {
	const listen = async (body: object) => await ask('PUT', '/listeners/one', { payload: body });

	test('answer what was replayed, and are deleted', async () => {
		const [, id] = await add(2);
		expect((await listen({ url: TEST_URL, replay: 'latest', seconds: 120 })).body).toEqual({
			replayed: id,
		});
		expect(posted).toEqual([id]);
		expect((await listen({ url: TEST_URL, replay: 'none' })).body).toEqual({ replayed: null });
		expect((await ask('DELETE', '/listeners/one')).body).toEqual({ ended: true });
		expect((await ask('DELETE', '/listeners/one')).body).toEqual({ ended: false });
	});

	test('answer null if no stored event is taken', async () => {
		await add(2);
		reply = { kind: 'answered', status: 200, text: '{"ignored":true}', contentType: '' };
		expect((await listen({ url: TEST_URL, replay: 'latest' })).body).toEqual({ replayed: null });
	});
});

describe('events', () => {
	test('are listed newest first by cursor, each once, while more come', async () => {
		const ids = await add(7);
		const seen: unknown[] = [];
		let cursor = '';
		do {
			const { body } = await ask('GET', `/events?limit=3&event=&cursor=${cursor}`);
			seen.push(...(body.events as Array<{ id: string }>).map(({ id }) => id));
			cursor = (body.cursor ?? '') as string;
			await add(2);
		} while (cursor !== '');
		expect(seen).toEqual([...ids].reverse());
	});

	test('are found by what the query says, and told with what became of them', async () => {
		const event = newEvent({
			receivedAt: Date.UTC(2026, 0, 1),
			callId: 'CALL 7',
			voicelogId: 'vl/7',
		});
		await add(1);
		await opened.store.add(event);
		await settle({ state: 'delivered', isIgnored: true });
		const found = {
			...{ id: event.id, receivedAt: '2026-01-01T00:00:00.000Z', event: 'alert.triggered' },
			...{ callId: 'CALL 7', voicelogId: 'vl/7' },
			targets: [
				{
					key: 'set',
					name: TARGETS[0]?.url,
					state: 'delivered',
					attempts: 1,
					lastAnswer: '500 no',
					ignored: true,
				},
			],
		};
		for (const query of [
			'call_id=CALL%207',
			'voicelog_id=vl%2F7',
			'after=2026-01-01T00:00:00Z&before=2026-01-01T09:00:00.001%2B09:00',
			'state=delivered&target=set&event=alert.triggered&before=2026-01-02T00:00:00Z',
		]) {
			expect((await ask('GET', `/events?${query}`)).body).toEqual({
				events: [found],
				cursor: null,
			});
		}
		expect((await ask('GET', '/events?state=failed')).body).toEqual({ events: [], cursor: null });
		expect((await ask('GET', `/events/${event.id}`)).body).toEqual({
			...found,
			body: event.body.toString(),
		});
	});
});

describe('sends', () => {
	const send = async (body: object) => await ask('POST', '/sends', { payload: body });

	test('one event goes to every current target, or to one', async () => {
		const [id] = await add(1);
		await settle({ state: 'delivered', isIgnored: false });
		await register('one');
		expect((await send({ id, target: 'one' })).body).toEqual({ events: 1 });
		const states = async () =>
			(await opened.store.find(id ?? ''))?.deliveries.map(({ state }) => state);
		expect(await states()).toEqual(['delivered', 'waiting']);
		expect((await send({ id })).body).toEqual({ events: 1 });
		expect(await states()).toEqual(['waiting', 'waiting']);
		expect(sent).toBe(2);
	});

	test('10,000 are counted and noted in a moment', async () => {
		await Promise.all(newEvents(10_000).map((event) => opened.store.add(event)));
		const began = performance.now();
		expect((await send({ state: 'waiting', after: '2020-01-01T00:00:00Z' })).body).toEqual({
			events: 10_000,
		});
		expect(performance.now() - began).toBeLessThan(2_000);
	});

	test('without a current target are refused', async () => {
		const empty = await openAt(await newPlace('SQLite'), []);
		jest.spyOn(opened.store, 'targets').mockImplementation(() => empty.store.targets());
		expect(await send({ state: 'failed' })).toMatchObject({
			status: 409,
			body: { error: 'There is no current target' },
		});
	});
});

describe('what is no use is refused in a sentence, and changes nothing', () => {
	const AT_X = 'PUT /targets/x';
	const json = (payload: string | Buffer): More => ({
		payload,
		headers: { 'content-type': 'application/json' },
	});
	const url = (value: unknown) => json(JSON.stringify({ url: value, name: 'One' }));
	const body = (fields: object) => json(JSON.stringify(fields));
	const LONG_KEY = `PUT /targets/${'x'.repeat(201)}`;
	const FORM = { 'content-type': 'application/x-www-form-urlencoded' };
	const HTTP = '"url" must be an http(s) URL';
	const ITSELF = 'which is the inbox itself';
	const NO_TARGET = 'There is no target with this key';
	const NO_PATH = 'There is nothing at this path';

	test.each<[words: string, request: string, more: More, status?: number]>([
		['The body', AT_X, {}],
		['The body', AT_X, json('')],
		['The body is not JSON', AT_X, json('{')],
		['The body is not JSON', AT_X, json(Buffer.from([0x22, 0xff, 0x22]))],
		['The body must be object', AT_X, json('null')],
		['The body must be object', AT_X, json('[]')],
		['The body', AT_X, json('['.repeat(60_000))],
		['Unsupported Media Type', AT_X, { headers: FORM, payload: 'url=x' }, 415],
		['too large', AT_X, body({ url: URL_ONE, name: 'x'.repeat(70_000) }), 413],
		['unknown field', AT_X, json(`{"__proto__":{},"url":"${URL_ONE}","name":""}`)],
		['The body has no "url"', AT_X, body({ name: 'One' })],
		['The body has no "name"', AT_X, body({ url: URL_ONE })],
		['"name" in the body must match pattern', AT_X, body({ url: URL_ONE, name: 'a\0b' })],
		['"url" in the body must be string', AT_X, url(1)],
		['"url" in the body must be string', AT_X, url([URL_ONE])],
		[`${HTTP} (got "n8n").`, AT_X, url('n8n')],
		[HTTP, AT_X, url('file:///etc/passwd')],
		[HTTP, AT_X, url('javascript:alert(1)')],
		[HTTP, AT_X, url(`${URL_ONE}\r\nX: y`)],
		[HTTP, AT_X, url(`${URL_ONE}\u0007`)],
		['must not contain a user name or password', AT_X, url('http://u:word@n8n/webhook/1/koeiq')],
		['no request can be sent to port 6000', AT_X, url('http://n8n:6000/webhook/1/koeiq')],
		['which works only while the editor listens', AT_X, url(TEST_URL)],
		[ITSELF, AT_X, url('http://127.0.0.1:8080/koeiq')],
		['"key" in the path must NOT have more than 200 characters', LONG_KEY, url(URL_ONE)],
		['too long', `PUT /targets/${'x'.repeat(10_000)}`, url(URL_ONE)],
		['"key" in the path must NOT have fewer than 1 characters', 'PUT /targets/', url(URL_ONE)],
		['"key" in the path', 'PUT /targets/a%00b', url(URL_ONE)],
		['The path is not URL-encoded', 'PUT /targets/%ff', url(URL_ONE)],
		[NO_TARGET, 'DELETE /targets/nobody', {}, 404],
		[NO_TARGET, 'DELETE /targets/nobody?forget=true', {}, 404],
		['"forget" in the query must be one of true, false', 'DELETE /targets/set?forget=yes', {}],
		[ITSELF, 'PUT /listeners/x', body({ url: 'http://localhost:8080/' })],
		['must be one of latest, none', 'PUT /listeners/x', body({ url: TEST_URL, replay: 'all' })],
		['"seconds" in the body must be >= 1', 'PUT /listeners/x', body({ url: TEST_URL, seconds: 0 })],
		['in the body must be integer', 'PUT /listeners/x', body({ url: TEST_URL, seconds: '9' })],
		['"limit" in the query must be >= 1', 'GET /events?limit=0', {}],
		['"limit" in the query must be integer', 'GET /events?limit=all', {}],
		['"limit" in the query must be integer', 'GET /events?limit=1&limit=2', {}],
		['"cursor" in the query', 'GET /events?cursor=abc', {}],
		['has an unknown field "callId"', 'GET /events?callId=7', {}],
		['"call_id" in the query', 'GET /events?call_id=%00', {}],
		['"after" in the query', 'GET /events?after=1', {}],
		['There is no event with this id', `GET /events/${NO_ID}`, {}, 404],
		['"id" in the path', 'GET /events/7', {}],
		[NO_PATH, 'GET /nothing', {}, 404],
		[NO_PATH, 'POST /targets', body({}), 404],
		['There is no event with this id', 'POST /sends', body({ id: NO_ID }), 404],
		[NO_TARGET, 'POST /sends', body({ state: 'failed', target: 'nobody' }), 404],
		['must have "id", or at least one of', 'POST /sends', body({})],
		['must have "id", or at least one of', 'POST /sends', body({ target: 'set' })],
		['must have "id", or at least one of', 'POST /sends', body({ id: NO_ID, state: 'failed' })],
		['has an unknown field "befor"', 'POST /sends', body({ befor: '2026-01-01T00:00:00Z' })],
		['must be one of waiting, retrying, failed', 'POST /sends', body({ state: 'parked' })],
		['"after" in the body', 'POST /sends', body({ after: 'yesterday' })],
		['"after" is not a date-time', 'POST /sends', body({ after: '2026-12-31T23:59:60Z' })],
	])('%#: … %s …', async (words, request, more, status = 400) => {
		const [, method = '', path = ''] = /^([A-Z]+) (.*)$/s.exec(request) ?? [];
		const answer = await ask(method as Method, path, more);
		expect(answer).toMatchObject({
			status,
			body: { error: expect.stringContaining(words) as string },
		});
		expect(Object.keys(answer.body)).toEqual(['error']);
		expect([changes, sent, posted.length]).toEqual([0, 0, 0]);
		expect((await opened.store.targets()).map(({ key }) => key)).toEqual(['set']);
		expect(logged).toEqual([]);
	});
});

test('a failure is answered without its words, and the log has neither key, secret, body nor query', async () => {
	jest.spyOn(opened.store, 'search').mockRejectedValue(new Error('the database is away'));
	const { status, body } = await ask('GET', '/events?call_id=CALL-7');
	expect([status, body]).toEqual([
		500,
		{ error: "Something went wrong. The inbox's log says what" },
	]);
	await ask(
		'PUT',
		'/targets/x',
		signed({ url: `${URL_ONE}?token=hidden`, name: 'evil\u001b[31m' }, SECRET),
	);
	const [id] = await add(1);
	await ask('POST', '/sends', { payload: { id } });
	const text = logged.join('\n');
	expect(logged.length).toBeGreaterThanOrEqual(3);
	for (const hidden of [KEY, SECRET, 'CALL-7', 'sha256=']) expect(text).not.toContain(hidden);
});

test('docs/openapi.json is what the API says of itself (UPDATE_OPENAPI=1 writes it)', async () => {
	const file = join(__dirname, '../../docs/openapi.json');
	const { status, body } = await ask('GET', '/openapi.json');
	expect(status).toBe(200);
	if (process.env.UPDATE_OPENAPI === '1')
		writeFileSync(file, `${JSON.stringify(body, null, '\t')}\n`);
	expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual(body);
});
