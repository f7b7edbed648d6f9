import { createHash } from 'node:crypto';
import { connect } from 'node:net';
import { gzipSync } from 'node:zlib';

import { startInbox, type Inbox } from '../../harness/inbox';
import { deliver, sign, TEST_PING, type Answer } from '../../harness/koeiq/sender';
import { event, SECRET } from './support/events';
import { metric } from './support/metrics';
import { newStore, STORES, stopStores } from './support/stores';

/* What the inbox answers, on either store. */

const PREVIOUS = 'the-previous-secret-of-the-tests';
const MEGABYTES_16 = 16 * 1024 * 1024;

afterAll(stopStores);

describe.each(STORES)('the door, on %s', (store) => {
	let inbox: Inbox;

	beforeAll(async () => {
		inbox = await startInbox({
			env: {
				...(await newStore(store)),
				INBOX_WEBHOOK_SECRET: SECRET,
				INBOX_PREVIOUS_WEBHOOK_SECRET: PREVIOUS,
			},
		});
	});

	afterAll(async () => {
		await inbox.stop();
	});

	test.each(['/koeiq', '/', '/webhook/any/path?and=query', '/%zz'])(
		'stores an event that comes to %s, and answers its id',
		async (path) => {
			const { payload, deliveryId } = event();
			expect(await deliver(inbox.url + path, SECRET, payload)).toEqual(
				ok({ received: true, id: deliveryId }),
			);
		},
	);

	test('answers the same bytes as a duplicate while it keeps them', async () => {
		const { payload, deliveryId } = event();
		await deliver(inbox.url, SECRET, payload);
		const again = ok({ received: true, id: deliveryId, duplicate: true });
		expect(await deliver(inbox.url, SECRET, payload)).toEqual(again);
		expect(await deliver(inbox.url, PREVIOUS, payload)).toEqual(again);
	});

	test('stores one of many that are the same and come at once', async () => {
		const { payload } = event();
		const answers = await Promise.all(
			Array.from({ length: 20 }, () => deliver(inbox.url, SECRET, payload)),
		);
		expect(answers.filter(({ status }) => status === 200)).toHaveLength(20);
		expect(answers.filter(({ body }) => !body.includes('duplicate'))).toHaveLength(1);
	});

	test('stores a ping, an unknown event and an object without anything', async () => {
		for (const body of [TEST_PING, { event: 'call.ended', n: 1 }, {}, { event: 7, data: [1] }]) {
			expect((await deliver(inbox.url, SECRET, JSON.stringify(body))).status).toBe(200);
		}
	});

	test('stores an event whatever its Content-Type and characters', async () => {
		for (const type of [
			'text/plain',
			'a/b; c=é',
			'///',
			'application/json; charset=shift_jis',
			undefined,
		]) {
			const body = Buffer.from(
				`\uFEFF{"event":"日本\\u0000","data":{"call_id":"\\ud800"},"n":"${type}"}`,
			);
			const response = await fetch(inbox.url, {
				method: 'POST',
				body,
				headers: {
					'x-koeiq-signature': sign(SECRET, body),
					...(type === undefined ? {} : { 'content-type': type }),
				},
			});
			expect([type, response.status]).toEqual([type, 200]);
		}
	});

	test('takes 16 MB, and answers 413 to one byte more, declared or not', async () => {
		const largest = Buffer.from(`{"event":"x","data":"${'x'.repeat(MEGABYTES_16 - 23)}"}`);
		expect(largest.length).toBe(MEGABYTES_16);
		const id = createHash('sha256').update(largest).digest('hex');
		expect(await post({ 'x-koeiq-signature': sign(SECRET, largest) }, largest)).toEqual(
			ok({ received: true, id }),
		);
		const larger = Buffer.concat([largest, Buffer.from(' ')]);
		const tooLarge = refused(413, 'Payload too large');
		expect(await post({ 'x-koeiq-signature': sign(SECRET, larger) }, larger)).toEqual(tooLarge);
		const signature = sign(SECRET, larger);
		const chunked = new ReadableStream({
			start(controller) {
				controller.enqueue(larger);
				controller.close();
			},
		});
		const init = { method: 'POST', headers: { 'x-koeiq-signature': signature }, body: chunked };
		const streamed = await fetch(inbox.url, { ...init, duplex: 'half' }).then(answerOf);
		expect(streamed).toEqual(tooLarge);
	});

	const { payload } = event('refused');
	const signature = sign(SECRET, payload);
	test.each<[string, number, string, Record<string, string>, (string | Buffer)?]>([
		['without a signature', 401, 'Invalid signature', {}],
		[
			'with a signature that is none',
			401,
			'Invalid signature',
			{ 'x-koeiq-signature': 'sha256=ab' },
		],
		[
			'with another signature',
			401,
			'Invalid signature',
			{ 'x-koeiq-signature': sign('x', payload) },
		],
		[
			'changed on the way',
			401,
			'Invalid signature',
			{ 'x-koeiq-signature': signature },
			`${payload} `,
		],
		[
			'that is a multipart form',
			415,
			'Unsupported content type',
			{ 'x-koeiq-signature': signature, 'content-type': 'multipart/form-data; boundary=x' },
		],
		[
			'that is compressed',
			415,
			'Unsupported content type',
			{ 'x-koeiq-signature': sign(SECRET, gzipSync(payload)), 'content-encoding': 'gzip' },
			gzipSync(payload),
		],
		[
			'that is a signed array',
			400,
			'Body is not a JSON object',
			{ 'x-koeiq-signature': sign(SECRET, '[1]') },
			'[1]',
		],
		[
			'that is signed but empty',
			400,
			'Body is not a JSON object',
			{ 'x-koeiq-signature': sign(SECRET, '') },
			'',
		],
		[
			'that is not UTF-8',
			400,
			'Body is not a JSON object',
			{ 'x-koeiq-signature': sign(SECRET, Buffer.from([0x7b, 0xff, 0x7d])) },
			Buffer.from([0x7b, 0xff, 0x7d]),
		],
	])('refuses a request %s: %i %s', async (_name, status, error, headers, body = payload) => {
		const before = (await metric(inbox.url, 'koeiq_inbox_received_total')) ?? 0;
		expect(await post(headers, body)).toEqual(refused(status, error));
		expect(await metric(inbox.url, 'koeiq_inbox_received_total')).toBe(before);
	});

	test('answers before the body comes if the headers are enough to refuse', async () => {
		const answer = await raw(
			`POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\nContent-Type: application/json\r\n\r\n`,
		);
		expect(answer).toMatch(/^HTTP\/1\.1 401 .*\{"error":"Invalid signature"\}$/s);
	});

	test('refuses a signature that is sent twice', async () => {
		const twice = `X-KoeIQ-Signature: ${signature}\r\n`.repeat(2);
		const answer = await raw(
			`POST / HTTP/1.1\r\nHost: x\r\nContent-Length: ${Buffer.byteLength(payload)}\r\n${twice}\r\n${payload}`,
		);
		expect(answer).toMatch(/^HTTP\/1\.1 401 .*\{"error":"Invalid signature"\}$/s);
	});

	test('answers 400 to a body that breaks off', async () => {
		const answer = await raw(
			`POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\nX-KoeIQ-Signature: ${signature}\r\n\r\n{"event"`,
			{ thenEnd: true },
		);
		expect(answer).toMatch(/^HTTP\/1\.1 400 .*\{"error":"Body could not be read"\}$/s);
	});

	test.each([
		['GET', '/', 404],
		['GET', '/koeiq', 404],
		['GET', '/%zz', 404],
		['PUT', '/koeiq', 404],
		['DELETE', '/healthz', 404],
		['OPTIONS', '/', 404],
	])('answers %s %s with %i in JSON', async (method, path, status) => {
		const response = await fetch(inbox.url + path, { method });
		expect(response.status).toBe(status);
		expect(await response.json()).toEqual({ error: 'Not found' });
	});

	test.each([
		['no HTTP', 'hello\r\n\r\n', 400],
		['an unknown method', 'FROB / HTTP/1.1\r\nHost: x\r\n\r\n', 400],
		['64 KiB of headers', `GET / HTTP/1.1\r\nHost: x\r\nX: ${'x'.repeat(65_536)}\r\n\r\n`, 400],
		[
			'both lengths',
			'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n',
			400,
		],
	])('answers %s in JSON, without a stack', async (_name, text, status) => {
		const answer = await raw(text);
		expect(answer).toMatch(new RegExp(`^HTTP/1\\.1 ${status} .*\\{"error":"[A-Za-z ]+"\\}$`, 's'));
	});

	test('counts what it refuses by reason', async () => {
		const name = 'koeiq_inbox_refused_total';
		const before = (await metric(inbox.url, name, 'reason="missingSignature"')) ?? 0;
		await post({}, payload);
		expect(await metric(inbox.url, name, 'reason="missingSignature"')).toBe(before + 1);
	});

	test('says that it is healthy', async () => {
		const response = await fetch(`${inbox.url}/healthz`);
		expect([response.status, await response.json()]).toEqual([200, { status: 'ok' }]);
	});

	test('has said nothing of a body or a secret', async () => {
		expect(await inbox.log()).not.toMatch(/CALL-|secret-of-the|tenant/);
	});

	async function post(headers: Record<string, string>, body: string | Buffer): Promise<Answer> {
		return await answerOf(await fetch(inbox.url, { method: 'POST', headers, body }));
	}

	/** Sends bytes as they are, and tells all that comes back. */
	async function raw(text: string, { thenEnd = false } = {}): Promise<string> {
		return await new Promise((resolve, reject) => {
			const socket = connect(Number(new URL(inbox.url).port), '127.0.0.1');
			let answer = '';
			socket.setEncoding('utf8').on('data', (chunk: string) => {
				answer += chunk;
				if (answer.endsWith('}')) socket.destroy();
			});
			socket.on('close', () => {
				resolve(answer);
			});
			socket.on('error', reject);
			socket.write(text);
			if (thenEnd) socket.end();
		});
	}
});

function ok(body: object): Answer {
	return { status: 200, body: JSON.stringify(body) };
}

function refused(status: number, error: string): Answer {
	return { status, body: JSON.stringify({ error }) };
}

async function answerOf(response: Response): Promise<Answer> {
	return { status: response.status, body: await response.text() };
}
