import { createHash } from 'node:crypto';
import { once } from 'node:events';
import type { AddressInfo, Socket } from 'node:net';
import { gzipSync } from 'node:zlib';

import { sign, SIGNATURE_HEADER, TEST_PING } from '../../harness/koeiq/sender';
import { BODY_LIMITS, type BodyLimits } from '../../inbox/src/bodies';
import { createDoor, type Door } from '../../inbox/src/door';
import { acceptWaiting } from '../../inbox/src/listen';
import { log, type Fields } from '../../inbox/src/log';
import { REFUSAL_REASONS } from '../../inbox/src/refusals';
import { event, SECRET } from './support/events';
import { FakeStore } from './support/fake-store';
import { openRaw, type Raw } from './support/raw';

/* What the door answers, with a store that keeps events in memory. */

const PREVIOUS = 'the-previous-secret-of-the-tests';

let store: FakeStore;
let door: Door;
/** What was counted: received, stored, and refused by reason. */
let counted: string[];
/** Which secret signed what was let in, and the status of each answer. */
let signedWith: string[];
let statuses: number[];
let logged: Array<[Fields, string]>;
const open: Raw[] = [];
/** The door's sides of connections. */
let served: Socket[];
let requests: number;

beforeEach(() => {
	store = new FakeStore();
	counted = [];
	signedWith = [];
	statuses = [];
	logged = [];
	served = [];
	requests = 0;
	for (const level of ['info', 'warn', 'error'] as const) {
		jest.spyOn(log, level).mockImplementation((...line) => logged.push(line));
	}
	door = newDoor();
});

afterEach(async () => {
	for (const { socket } of open.splice(0)) socket.destroy();
	await door.close();
	expect(JSON.stringify(logged)).not.toMatch(/CALL-|secret-of-the|tenant|koeiq\?|and=query/);
	jest.restoreAllMocks();
});

function newDoor(bodyLimits: BodyLimits = BODY_LIMITS): Door {
	// This test's, also if it is over.
	const into = counted;
	return createDoor({
		secrets: { current: SECRET, previous: PREVIOUS },
		store,
		metrics: {
			received: () => into.push('received'),
			refused: (reason) => into.push(reason),
			signed: (secret) => signedWith.push(secret),
			answered: (status) => statuses.push(status),
			read: async () => ({ contentType: 'text/plain; version=0.0.4', text: 'koeiq 1\n' }),
		},
		onStored: () => into.push('stored'),
		onNotStored: () => into.push('told'),
		bodyLimits,
	});
}

describe('what it accepts', () => {
	test.each(['/koeiq', '/', '/webhook/any/path?and=query', '/%zz'])(
		'stores an event that comes to %s, and answers its id',
		async (path) => {
			const { payload, deliveryId } = event();
			const before = Date.now();
			const answer = await post(signed(payload), payload, path);
			expect(answer).toEqual([200, { received: true, id: deliveryId }]);
			const { receivedAt = 0, ...stored } = store.events.get(deliveryId) ?? {};
			expect(receivedAt).toBeGreaterThanOrEqual(before);
			const { data } = JSON.parse(payload) as { data: Record<string, string> };
			expect(stored).toEqual({
				id: deliveryId,
				body: Buffer.from(payload),
				contentType: 'application/json',
				signature: sign(SECRET, payload),
				event: 'analytics.completed',
				callId: data.call_id,
				voicelogId: data.voicelog_id,
			});
			expect(counted).toEqual(['received', 'stored']);
		},
	);

	test('answers the same bytes as a duplicate, under either secret', async () => {
		const { payload, deliveryId } = event();
		await post(signed(payload), payload);
		for (const secret of [SECRET, PREVIOUS]) {
			const answer = await post(signed(payload, secret), payload);
			expect(answer).toEqual([200, { received: true, id: deliveryId, duplicate: true }]);
		}
		expect(counted).toEqual(['received', 'stored']);
		expect(signedWith).toEqual(['current', 'current', 'previous']);
		expect(statuses).toEqual([200, 200, 200]);
	});

	test.each<[string, object]>([
		['a ping', TEST_PING],
		['an unknown event', { event: 'call.ended', n: 1 }],
		['an object without anything', {}],
		['an object with other types', { event: 7, data: [1] }],
		['names of a prototype', JSON.parse('{"__proto__":{"event":"x"},"data":{}}') as object],
	])('stores %s', async (_name, body) => {
		const payload = JSON.stringify(body);
		expect((await post(signed(payload), payload))[0]).toBe(200);
	});

	test('finds an event by texts of its own only, short and without NULs', async () => {
		const long = 'x'.repeat(300);
		const payload = `\uFEFF{"event":"日本\\u0000","data":{"call_id":7,"voicelog_id":"${long}"}}`;
		await post(signed(payload), payload);
		expect([...store.events.values()]).toMatchObject([
			{ event: '日本', callId: null, voicelogId: 'x'.repeat(200) },
		]);
	});

	test.each(['text/plain', 'a/b; c=é', '///', 'application/json; charset=shift_jis', undefined])(
		'stores the Content-Type %s as it came',
		async (type) => {
			const { payload, deliveryId } = event();
			const headers = { [SIGNATURE_HEADER]: sign(SECRET, payload) };
			await post(type === undefined ? headers : { ...headers, 'content-type': type }, payload);
			expect(store.events.get(deliveryId)?.contentType).toBe(type ?? null);
		},
	);

	test.each(['identity', 'Identity', ' utf-8', 'UTF-8', 'none', ''])(
		'accepts the Content-Encoding "%s"',
		async (encoding) => {
			const { payload } = event();
			const headers = { ...signed(payload), 'content-encoding': encoding };
			expect((await post(headers, payload))[0]).toBe(200);
		},
	);

	test('accepts 16 MB, and not one byte more, declared or not', async () => {
		const largest = Buffer.from(`{"event":"x","data":"${'x'.repeat(BODY_LIMITS.body - 23)}"}`);
		expect(largest.length).toBe(16 * 1024 * 1024);
		const id = createHash('sha256').update(largest).digest('hex');
		expect(await post(signed(largest), largest)).toEqual([200, { received: true, id }]);
		const larger = Buffer.concat([largest, Buffer.from(' ')]);
		const tooLarge = [413, { error: 'Payload too large' }];
		expect(await post(signed(larger), larger)).toEqual(tooLarge);
		const body = new ReadableStream({
			start(controller) {
				controller.enqueue(larger);
				controller.close();
			},
		});
		const init = { method: 'POST', headers: signed(larger), body, duplex: 'half' } as const;
		const chunked = await fetch(`http://127.0.0.1:${await listening()}/`, init);
		expect([chunked.status, await chunked.json()]).toEqual(tooLarge);
	});
});

describe('what it refuses', () => {
	const { payload } = event('refused');
	const zipped = gzipSync(payload);
	const notUtf8 = Buffer.from([0x7b, 0xff, 0x7d]);

	const INVALID = 'Invalid signature';
	const UNSUPPORTED = 'Unsupported content type';
	const NO_OBJECT = 'Body is not a JSON object';
	const FORM = 'multipart/form-data; boundary=x';
	const withLength = (length: number) => ({ ...signed(payload), 'content-length': String(length) });
	type Row = [number, string, string, Record<string, string>, (string | Buffer)?];
	const compressed = ['gzip', 'br', 'deflate', 'x', 'identity, gzip'].map((encoding): Row => {
		const headers = { ...signed(zipped), 'content-encoding': encoding };
		return [415, UNSUPPORTED, 'compressed', headers, zipped];
	});

	test.each<Row>([
		[401, INVALID, 'missingSignature', {}],
		[401, INVALID, 'malformedSignature', { [SIGNATURE_HEADER]: 'sha256=ab' }],
		[401, INVALID, 'wrongSignature', signed(payload, 'x'.repeat(16))],
		[401, INVALID, 'wrongSignature', signed(payload), `${payload} `],
		[415, UNSUPPORTED, 'multipart', { ...signed(payload), 'content-type': FORM }],
		...compressed,
		[413, 'Payload too large', 'tooLarge', withLength(BODY_LIMITS.body + 1)],
		[400, 'Body could not be read', 'unreadable', withLength(9_999)],
		[400, NO_OBJECT, 'notAnObject', signed('[1]'), '[1]'],
		[400, NO_OBJECT, 'notAnObject', signed(''), ''],
		[400, NO_OBJECT, 'notAnObject', signed(notUtf8), notUtf8],
	])('a request: %i %s, %s', async (status, error, reason, headers, body = payload) => {
		expect(await post(headers, body)).toEqual([status, { error }]);
		expect(counted).toEqual([reason]);
		expect(REFUSAL_REASONS).toContain(reason);
		expect(store.events.size).toBe(0);
	});

	test('an event that cannot be stored: 503, and the next one is stored', async () => {
		store.before = async () => {
			throw new Error('the disk is full');
		};
		const answer = [503, { error: 'Could not store the event' }];
		expect(await post(signed(payload), payload)).toEqual(answer);
		store.before = async () => {};
		expect((await post(signed(payload), payload))[0]).toBe(200);
		expect(counted).toEqual(['told', 'notStored', 'received', 'stored']);
	});

	test('an event at which the inbox itself fails: 500 without its words', async () => {
		jest.spyOn(counted, 'push').mockImplementationOnce(() => {
			throw new TypeError('a fault of ours');
		});
		expect(await post(signed(payload), payload)).toEqual([500, { error: 'Internal error' }]);
		expect([...counted]).toEqual(['internal']);
	});

	test('a signature that is sent twice', async () => {
		const twice = `X-KoeIQ-Signature: ${sign(SECRET, payload)}\r\n`.repeat(2);
		const length = Buffer.byteLength(payload);
		const { until } = await raw(
			`POST / HTTP/1.1\r\nHost: x\r\nContent-Length: ${length}\r\n${twice}\r\n${payload}`,
		);
		expect(await until('}')).toMatch(answered(401, 'Invalid signature'));
		expect(counted).toEqual(['repeatedSignature']);
	});

	test.each([
		['no signature', '', 401, 'Invalid signature'],
		['an encoding', 'Content-Encoding: gzip\r\n', 415, 'Unsupported content type'],
		['a length that is too large', 'Content-Length: 99999999\r\n', 413, 'Payload too large'],
	])('a request with %s, before its body comes', async (_name, header, status, error) => {
		const signature = status === 401 ? '' : `X-KoeIQ-Signature: ${'0'.repeat(64)}\r\n`;
		const length = header.startsWith('Content-Length') ? '' : 'Content-Length: 1000000\r\n';
		const { until } = await raw(head(`${length}${signature}${header}`));
		expect(await until('}')).toMatch(answered(status, error));
	});

	test('a body that breaks off, once', async () => {
		const { socket, until } = await raw(head(`${SIGNED}Content-Length: 1000\r\n`) + '{"event"');
		socket.end();
		expect(await until('}')).toMatch(answered(400, 'Body could not be read'));
		await new Promise((resolve) => setImmediate(resolve));
		expect(counted).toEqual(['unreadable']);
	});

	test.each([
		['no HTTP', 'hello\r\n\r\n'],
		['an unknown method', 'FROB / HTTP/1.1\r\nHost: x\r\n\r\n'],
		['64 KiB of headers', `GET / HTTP/1.1\r\nHost: x\r\nX: ${'x'.repeat(65_536)}\r\n\r\n`],
		['both lengths', head('Content-Length: 1\r\nTransfer-Encoding: chunked\r\n')],
	])('%s, in JSON, without a stack, and closes the connection', async (_name, text) => {
		const { until, closed } = await raw(text);
		expect(await until('}')).toMatch(answered(400, '[A-Za-z ]+'));
		await closed;
	});
});

describe('bodies that others hold up', () => {
	const SMALL: BodyLimits = { body: 1_000, total: 2_000, idle: 60_000, whole: 60_000 };

	test('has no place for a third one, until another is whole', async () => {
		door = newDoor(SMALL);
		const first = await raw(head(`${SIGNED}Content-Length: 1000\r\n`));
		await raw(head(`${SIGNED}Content-Length: 1000\r\n`));
		await reached(2);
		const refused = await raw(head(`${SIGNED}Content-Length: 1000\r\n`));
		expect(await refused.until('}')).toMatch(answered(503, 'Too many requests at once'));
		first.socket.write('x'.repeat(1_000));
		expect(await first.until('}')).toMatch(answered(401, 'Invalid signature'));
		expect((await post(signed('{}'), '{}'))[0]).toBe(200);
		expect(counted).toEqual(['tooMany', 'wrongSignature', 'received', 'stored']);
	});

	test('counts an event until it is answered', async () => {
		door = newDoor(SMALL);
		const commit = store.freeze();
		const { before } = store;
		const bothAreRead = new Promise<void>((resolve) => {
			let count = 0;
			store.before = async () => {
				if (++count === 2) resolve();
				await before();
			};
		});
		const bodies = ['a', 'b'].map((name) => `{"event":"${name.repeat(900)}"}`);
		const waiting = bodies.map((body) => post(signed(body), body));
		const third = `{"event":"${'c'.repeat(900)}"}`;
		await bothAreRead;
		expect(await post(signed(third), third)).toEqual([503, { error: 'Too many requests at once' }]);
		commit();
		expect((await Promise.all(waiting)).map(([status]) => status)).toEqual([200, 200]);
		expect((await post(signed(third), third))[0]).toBe(200);
	});

	test('answers 408 to one that is not whole in time, and destroys its socket', async () => {
		door = newDoor({ ...SMALL, whole: 20 });
		const { socket, until } = await raw(head(`${SIGNED}Content-Length: 1000\r\n`) + 'x');
		await reached(1);
		const destroyed = new Promise((resolve) => served[0]?.once('close', resolve));
		expect(await until('}')).toMatch(answered(408, 'Request timed out'));
		// The sender stays.
		expect(socket.writable).toBe(true);
		await destroyed;
		expect(counted).toEqual(['timedOut']);
	});
});

describe('health', () => {
	test.each(['GET', 'HEAD'] as const)(
		'%s says 200 while it can store, else 503',
		async (method) => {
			const well = await door.inject({ method, url: '/healthz' });
			expect([well.statusCode, well.payload]).toEqual([
				200,
				method === 'GET' ? '{"status":"ok"}' : '',
			]);
			store.before = async () => {
				throw new Error('the disk is full');
			};
			const ill = await door.inject({ method, url: '/healthz' });
			expect([ill.statusCode, ill.payload]).toEqual([
				503,
				method === 'GET' ? '{"error":"Could not store the event"}' : '',
			]);
			// A probe is no event that was refused.
			expect(counted).toEqual([]);
		},
	);

	test('answers 503 within 2 s if the store stands still, and asks it once at a time', async () => {
		const thaw = store.freeze();
		const began = performance.now();
		const probes = await Promise.all([1, 2, 3].map(() => door.inject('/healthz')));
		expect(probes.map(({ statusCode }) => statusCode)).toEqual([503, 503, 503]);
		expect(performance.now() - began).toBeGreaterThan(1_400);
		expect(store.checks).toBe(1);
		thaw();
		store.before = async () => {};
		expect((await door.inject('/healthz')).statusCode).toBe(200);
	});
});

describe('other requests', () => {
	test.each([
		['GET', '/', 404],
		['GET', '/koeiq', 404],
		['GET', '/%zz', 404],
		['PUT', '/koeiq', 404],
		['DELETE', '/healthz', 404],
		['OPTIONS', '/', 404],
	] as const)('%s %s is answered %i in JSON', async (method, url, status) => {
		const { statusCode, payload } = await door.inject({ method, url });
		expect([statusCode, payload]).toEqual([status, '{"error":"Not found"}']);
	});

	test.each([
		['/metrics', 200],
		['/koeiq', 404],
		['/%zz', 404],
	])('HEAD %s is answered %i without a body', async (url, status) => {
		const { statusCode, payload } = await door.inject({ method: 'HEAD', url });
		expect([statusCode, payload]).toEqual([status, '']);
	});

	test('GET /metrics is what Prometheus reads', async () => {
		const { headers, payload } = await door.inject('/metrics');
		expect([headers['content-type'], payload]).toEqual(['text/plain; version=0.0.4', 'koeiq 1\n']);
	});
});

test('loads no schema of events', () => {
	const load = () => {
		throw new Error('It is loaded.');
	};
	jest.isolateModules(() => {
		jest.doMock('../../nodes/KoeIq/core/events', load).doMock('zod', load);
		expect(jest.requireActual('../../inbox/src/door')).toHaveProperty('createDoor');
	});
	jest.dontMock('../../nodes/KoeIq/core/events').dontMock('zod');
});

const SIGNED = `X-KoeIQ-Signature: ${'0'.repeat(64)}\r\n`;

function signed(body: string | Buffer, secret = SECRET): Record<string, string> {
	return { 'content-type': 'application/json', [SIGNATURE_HEADER]: sign(secret, body) };
}

function head(headers: string): string {
	return `POST / HTTP/1.1\r\nHost: x\r\n${headers}\r\n`;
}

function answered(status: number, error: string): RegExp {
	return new RegExp(`^HTTP/1\\.1 ${status} .*\\{"error":"${error}"\\}$`, 's');
}

test('stores what has come in when it is told to stop, though it waits to be accepted', async () => {
	await listening();
	const sent = Array.from({ length: 20 }, async (_, number) => {
		const payload = JSON.stringify({ ...TEST_PING, number });
		const headers = Object.entries({ ...signed(payload), 'content-length': payload.length });
		const lines = headers.map(([name, value]) => `${name}: ${value}`);
		const connection = await raw(
			[`POST /koeiq HTTP/1.1`, 'host: x', ...lines, '', payload].join('\r\n'),
		);
		await once(connection.socket, 'connect');
		return connection;
	});
	const connections = await Promise.all(sent);
	await acceptWaiting(door.server);
	const closed = door.close();
	for (const { until } of connections) expect(await until('"received":true')).toContain('200 OK');
	await closed;
	expect(store.events.size).toBe(20);
});

async function post(
	headers: Record<string, string>,
	payload: string | Buffer,
	url = '/koeiq',
): Promise<[number, unknown]> {
	const answer = await door.inject({ method: 'POST', url, headers, payload });
	return [answer.statusCode, answer.json()];
}

/** The port, for what only a socket shows. */
async function listening(): Promise<number> {
	if (!door.server.listening) {
		door.server.on('connection', (socket) => served.push(socket));
		door.server.on('request', () => (requests += 1));
		await door.listen({ host: '127.0.0.1', port: 0 });
	}
	return (door.server.address() as AddressInfo).port;
}

async function raw(text: string): Promise<Raw> {
	const connection = openRaw(await listening(), text);
	open.push(connection);
	return connection;
}

/** Waits until the headers of `count` requests have come. */
async function reached(count: number): Promise<void> {
	while (requests < count) await once(door.server, 'request');
}
