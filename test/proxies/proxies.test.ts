import { readFileSync } from 'node:fs';
import { request, type OutgoingHttpHeaders } from 'node:http';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

import { sampleOf } from '../../harness/koeiq/samples';
import { sign, SIGNATURE_HEADER } from '../../harness/koeiq/sender';
import { freePort } from '../../harness/ports';
import { startCaddy, startProxy, type Service } from '../../harness/services';
import { StandIn, type Answer } from '../../harness/stand-in';
import { poll, REQUEST_MILLISECONDS } from '../../harness/wait';
import { disposedAfterAll } from '../support/disposed';

/* One table for every proxy of deploy/, in front of what answers as n8n and the inbox do. */

const DEPLOY = join(__dirname, '../../deploy');
const TRIGGER = '/webhook/0b7a7500-0000-4000-8000-000000000000/koeiq';
const TEST_URL = TRIGGER.replace('/webhook/', '/webhook-test/');

const BODY = JSON.stringify({ ...sampleOf('analytics.completed'), text: '電話' });
const SIGNATURE = sign('the-secret-that-koeiq-signs-with', BODY);
const HEX = SIGNATURE.slice('sha256='.length);
const LIMIT = 16 * 1024 * 1024;
/** n8n would inflate it, signed or not. */
const GZIP = gzipSync(BODY);
/** Where drain.cjs says whether a webhook processor takes events. */
const OPEN = '/healthz/open';
const READINESS = '/healthz/readiness';
/** What n8n answers 200 to everything with, until its tables are up to date. */
const STARTING = 'n8n is starting up. Please wait';

interface Sent {
	method?: string;
	headers?: OutgoingHttpHeaders;
	/** `null`: only the headers are sent, as far as a body comes that is refused for its length. */
	body?: string | Uint8Array | null;
}

const TYPED = { 'content-type': 'application/json' };
const SIGNED = { ...TYPED, [SIGNATURE_HEADER]: SIGNATURE };

const PASSES: ReadonlyArray<[string, Sent]> = [
	['an event', {}],
	['a digest without its prefix', { headers: { ...TYPED, [SIGNATURE_HEADER]: HEX } }],
	[
		'a digest in upper case',
		{ headers: { ...TYPED, [SIGNATURE_HEADER]: SIGNATURE.toUpperCase() } },
	],
	['odd letters in the header’s name', { headers: { ...TYPED, 'x-KOEIQ-sIgnature': SIGNATURE } }],
	['a BOM', { body: `\u{FEFF}${BODY}` }],
	['every byte there is', { body: Buffer.from(Array.from({ length: 256 }, (_, byte) => byte)) }],
	['no content type', { headers: { [SIGNATURE_HEADER]: SIGNATURE } }],
	['text', { headers: { ...SIGNED, 'content-type': 'text/plain' } }],
	['a charset', { headers: { ...SIGNED, 'content-type': 'application/json; charset=Shift_JIS' } }],
	['no compression, said so', { headers: { ...SIGNED, 'content-encoding': 'identity' } }],
	['a charset for an encoding', { headers: { ...SIGNED, 'content-encoding': 'UTF-8' } }],
	['a body without a length', { headers: { ...SIGNED, 'transfer-encoding': 'chunked' } }],
	['16 MB', { body: Buffer.alloc(LIMIT, 'a') }],
	['an empty body', { body: '' }],
];

const INVALID = [401, 'Invalid signature'] as const;
const UNSUPPORTED = [415, 'Unsupported content type'] as const;
const TOO_LARGE = [413, 'Payload too large'] as const;

const REFUSED: ReadonlyArray<[string, Sent, number, string]> = [
	['no signature', { headers: TYPED }, ...INVALID],
	['no signature, compressed', { headers: { 'content-encoding': 'gzip' }, body: GZIP }, ...INVALID],
	['an empty signature', { headers: { ...TYPED, [SIGNATURE_HEADER]: '' } }, ...INVALID],
	['63 digits', { headers: { ...TYPED, [SIGNATURE_HEADER]: SIGNATURE.slice(0, -1) } }, ...INVALID],
	['65 digits', { headers: { ...TYPED, [SIGNATURE_HEADER]: `${SIGNATURE}0` } }, ...INVALID],
	['another algorithm', { headers: { ...TYPED, [SIGNATURE_HEADER]: `sha512=${HEX}` } }, ...INVALID],
	[
		'two signatures in one header',
		{ headers: { ...TYPED, [SIGNATURE_HEADER]: `${SIGNATURE}, ${SIGNATURE}` } },
		...INVALID,
	],
	[
		'a form',
		{ headers: { ...SIGNED, 'content-type': 'Multipart/Form-Data; boundary=b' } },
		...UNSUPPORTED,
	],
	['gzip', { headers: { ...SIGNED, 'content-encoding': 'gzip' }, body: GZIP }, ...UNSUPPORTED],
	[
		'two encodings',
		{ headers: { ...SIGNED, 'content-encoding': 'identity, gzip' } },
		...UNSUPPORTED,
	],
	[
		'more than 16 MB',
		{ headers: { ...SIGNED, 'content-length': LIMIT + 1 }, body: null },
		...TOO_LARGE,
	],
	['PUT', { method: 'PUT' }, 405, 'Method not allowed'],
	['DELETE', { method: 'DELETE', body: '' }, 405, 'Method not allowed'],
	['OPTIONS', { method: 'OPTIONS', body: '' }, 405, 'Method not allowed'],
];

/** Ways to write a trigger's path that n8n, or the proxy, may take for the same. */
const SPELLINGS = [TRIGGER, TEST_URL].flatMap((path) => [
	...[path, `${path}?x=1`, `${path}/`, `${path}%2F`, `${path}%2f?x=1`, `/${path}`],
	path.replace('/koeiq', '//koeiq/'),
	path.replace('/koeiq', '%2Fkoeiq'),
	path.replace('/koeiq', '/koei%71'),
	path.replace('/koeiq', '/KoeIQ'),
	path.replace('/webhook', '/WEBHOOK'),
	path.replace('/webhook', '/x/../webhook'),
	path.replace('/webhook', '/%2e/webhook'),
]);

/** Ways to write the path of what only the inbox's own network may see. */
const PRIVATE = [
	'/metrics',
	'/healthz',
	'/koeiq/../metrics',
	'/koeiq/%2e%2e/metrics',
	'/koeiq//metrics',
];

async function send(url: string, sent: Sent = {}): Promise<{ status: number; body: string }> {
	const { method, headers, body } = { method: 'POST', headers: SIGNED, body: BODY, ...sent };
	const { host, port, pathname } = /^http:\/\/(?<host>[^:]+):(?<port>\d+)(?<pathname>.*)$/.exec(url)
		?.groups as Record<'host' | 'port' | 'pathname', string>;
	return await new Promise((resolve, reject) => {
		const signal = AbortSignal.timeout(REQUEST_MILLISECONDS);
		const sending = request(
			// Not a URL, which would make `/x/../y` into `/y`.
			{ host, port, path: pathname, method, headers, signal, agent: false },
			(response) => {
				let text = '';
				response.on('data', (chunk: Buffer) => (text += chunk.toString()));
				response.on('end', () => {
					sending.destroy();
					resolve({ status: response.statusCode ?? 0, body: text });
				});
			},
		);
		sending.on('error', reject);
		if (body === null) sending.flushHeaders();
		else sending.end(body);
	});
}

interface Front {
	/** Below deploy/. */
	file: string;
	/** What it is in front of. */
	of: 'inbox' | 'trigger';
	/** What a body without a length may cost: where the proxy does not count, its upstream does. */
	counts: 'refuses' | 'cuts' | 'passes';
	/** Two headers: nginx before 1.23 sees the first only, and hands over both. */
	twice: 'refuses' | 'passes';
}

const QUEUE = 'queue/Caddyfile';
const FRONTS: Front[] = (['inbox', 'trigger'] as const)
	.flatMap<Front>((of) => [
		{ file: `proxies/${of}.nginx.conf`, of, counts: 'refuses', twice: 'passes' },
		{ file: `proxies/${of}.haproxy.cfg`, of, counts: 'passes', twice: 'refuses' },
		{
			file: `proxies/${of}.Caddyfile`,
			of,
			counts: of === 'inbox' ? 'cuts' : 'refuses',
			twice: 'refuses',
		},
	])
	.concat(
		{ file: 'single/Caddyfile', of: 'inbox', counts: 'cuts', twice: 'refuses' },
		{ file: QUEUE, of: 'inbox', counts: 'cuts', twice: 'refuses' },
	);

const started = disposedAfterAll();
let inbox: StandIn;
let n8n: StandIn;
/** n8n says that it is ready, unless a test has it start. */
let isStarting = false;
/** Where the proxy of queue mode hands on what the inbox sends. */
let inside: string;

beforeAll(async () => {
	inside = `http://127.0.0.1:${await freePort()}`;
	inbox = await started(StandIn.start());
	n8n = await started(
		StandIn.start(({ path }) => {
			if (path === OPEN) return { body: isStarting ? STARTING : 'open' };
			if (path === READINESS) return { status: isStarting ? 503 : 200 };
			if (!isStarting) return {};
			return { body: STARTING, headers: { 'content-type': 'text/html; charset=utf-8' } };
		}),
	);
});

beforeEach(() => {
	inbox.reset();
	n8n.reset();
	isStarting = false;
});

const addresses = () => ({ inbox: new URL(inbox.url).host, n8n: new URL(n8n.url).host });

const startQueueProxy = () =>
	startCaddy(join(DEPLOY, QUEUE), {
		...{ INBOX: addresses().inbox, N8N: addresses().n8n },
		...{ WEBHOOKS: addresses().n8n, INSIDE: inside },
	});

/** The answer to what comes through, of one that says that it is ready. */
const answers =
	(answer: ReturnType<Answer>): Answer =>
	({ path }) =>
		path === READINESS ? {} : answer;

/** What came through, but for the proxy's own questions. */
const got = (upstream: StandIn) =>
	upstream.requests.filter(({ path }) => !path.startsWith('/healthz/'));

describe.each(FRONTS)('$file', ({ file, of, counts, twice }) => {
	const path = of === 'inbox' ? '/koeiq' : TRIGGER;
	const upstream = () => (of === 'inbox' ? inbox : n8n);
	let proxy: Service;
	let url: string;
	beforeAll(async () => {
		proxy = await started(
			file === QUEUE ? startQueueProxy() : startProxy(join(DEPLOY, file), addresses()),
		);
		url = `http://127.0.0.1:${proxy.port}`;
		// Caddy first asks the webhook processors of queue mode whether they are there.
		await poll(
			'n8n behind the proxy',
			60_000,
			async () => (await send(`${url}/form/x`)).status === 200,
		);
	});
	afterAll(async () => {
		await proxy.stop();
	});

	test.each(PASSES)('passes as it is: %s', async (_, sent) => {
		expect(await send(url + path, sent)).toEqual({ status: 200, body: '{}' });
		const { headers, body } = { headers: SIGNED, body: BODY, ...sent };
		const [signature] = Object.entries(headers)
			.filter(([name]) => /signature/i.test(name))
			.map(([, value]) => value);
		expect(got(upstream())).toMatchObject([
			{ method: 'POST', path, headers: { 'x-koeiq-signature': [signature] } },
		]);
		expect(got(upstream())[0]?.headers['content-type']).toEqual(
			'content-type' in headers ? [headers['content-type']] : undefined,
		);
		expect(got(upstream())[0]?.body.equals(Buffer.from(body as string))).toBe(true);
	});

	test.each(REFUSED)('keeps out: %s', async (_, sent, status, error) => {
		expect(await send(url + path, sent)).toEqual({ status, body: JSON.stringify({ error }) });
		expect(got(upstream())).toEqual([]);
	});

	test('lets no signature pass that is sent twice as if it were one', async () => {
		const headers = { ...TYPED, [SIGNATURE_HEADER]: [SIGNATURE, SIGNATURE] };
		const answer = await send(url + path, { headers });
		if (twice === 'refuses') {
			expect(answer).toEqual({ status: 401, body: '{"error":"Invalid signature"}' });
		}
		const seen = got(upstream()).map((request) => request.headers['x-koeiq-signature']);
		expect(seen).toEqual(twice === 'refuses' ? [] : [[SIGNATURE, SIGNATURE]]);
	});

	test('lets nobody have a body without a length for one of 16 MB', async () => {
		const headers = { ...SIGNED, 'transfer-encoding': 'chunked' };
		const { status } = await send(url + path, { headers, body: Buffer.alloc(LIMIT + 10, 'a') });
		expect(status).toBe(counts === 'refuses' ? 413 : 200);
		const lengths = got(upstream()).map(({ body }) => body.length);
		const length = { refuses: [], cuts: [LIMIT + 1], passes: [LIMIT + 10] }[counts];
		expect(lengths).toEqual(length);
	});

	test.each(['GET', 'HEAD'])('hands over the question whether it is ready: %s', async (method) => {
		upstream().answer = answers({ status: 503, body: '{"ready":false}' });
		const { status, body } = await send(url + path, { method, headers: TYPED, body: '' });
		expect([status, body]).toEqual([503, method === 'GET' ? '{"ready":false}' : '']);
		expect(got(upstream())).toMatchObject([{ method, path }]);
		// Without a type, n8n leaves a body unread.
		if (of === 'trigger') expect(got(n8n)[0]?.headers['content-type']).toBeUndefined();
	});

	test.each([
		[401, '{"error":"Invalid signature"}'],
		[413, '{"error":"Payload too large"}'],
		[415, '{"error":"Unsupported content type"}'],
		[500, '{"error":"Webhook secret is not configured"}'],
		[503, '{"error":"Could not store the event"}'],
	])('hands back the answer as it is: %s', async (status, body) => {
		upstream().answer = answers({ status, body });
		expect(await send(url + path)).toEqual({ status, body });
		expect(got(upstream())).toHaveLength(1);
	});

	test.each(['/', '/rest/login', '/webhook/another', '/webhook/koeiq', '/form/koeiq'])(
		'hands to n8n what is another’s: %s',
		async (other) => {
			const sent = { method: 'PUT', headers: { 'content-encoding': 'gzip' }, body: GZIP };
			expect(await send(url + other, sent)).toEqual({ status: 200, body: '{}' });
			expect(got(n8n)).toMatchObject([{ path: other, method: 'PUT' }]);
			expect(inbox.requests).toEqual([]);
		},
	);

	if (of === 'trigger') {
		test.each(SPELLINGS)(
			'keeps what is unsigned out of the trigger, spelled as %s',
			async (spelled) => {
				const sent = { headers: { 'content-encoding': 'gzip' }, body: GZIP };
				expect((await send(url + spelled, sent)).status).toBe(401);
				expect(n8n.requests).toEqual([]);
			},
		);

		test('lets no event count as delivered while n8n starts', async () => {
			isStarting = true;
			for (const spelled of [path, `${path}/`, TEST_URL]) {
				expect((await send(url + spelled)).status).toBe(503);
			}
			// The editor's own pages are text too.
			expect(await send(url + '/home/workflows')).toEqual({ status: 200, body: STARTING });
		});
	} else {
		test.each(['/koeiq/', '/KOEIQ', '/koeiq?x=1'])('finds the inbox at %s', async (spelled) => {
			expect((await send(url + spelled)).status).toBe(200);
			expect(inbox.requests).toMatchObject([{ path: spelled.includes('?') ? spelled : '/koeiq' }]);
		});

		test.each(SPELLINGS)('lets nobody past the inbox, to a trigger: %s', async (spelled) => {
			for (const method of ['POST', 'GET', 'HEAD', 'PUT']) {
				const sent = { method, ...(method === 'POST' ? {} : { body: '' }) };
				expect((await send(url + spelled, sent)).status).toBe(404);
			}
			expect([got(n8n), inbox.requests]).toEqual([[], []]);
		});

		test.each(PRIVATE)('shows nobody the inbox’s own %s', async (secret) => {
			await send(url + secret, { method: 'GET', headers: {}, body: '' });
			expect(inbox.requests).toEqual([]);
		});
	}
});

describe(`inside, ${QUEUE}`, () => {
	beforeAll(async () => {
		await started(startQueueProxy());
		await poll('the webhook processor', 60_000, async () => {
			return (await send(inside + TRIGGER)).status === 200;
		});
	});

	test('hands on to the webhook processors what the inbox sends', async () => {
		expect(await send(inside + TRIGGER)).toEqual({ status: 200, body: '{}' });
		expect(got(n8n)).toMatchObject([{ path: TRIGGER, body: Buffer.from(BODY) }]);
	});

	test('sends nothing to a webhook processor that only starts', async () => {
		isStarting = true;
		const checks = () => n8n.requests.filter(({ path }) => path === OPEN).length;
		// It asks each second. The second time, it has acted on what it was told the first time.
		await poll('two health checks', 60_000, () => checks() >= 2);
		// Caddy before 2.11.4 holds a GET alone.
		const posted = send(inside + TRIGGER);
		const held = send(inside + TRIGGER, { method: 'GET', body: '' });
		await poll('one more', 60_000, () => checks() >= 3);
		expect(got(n8n)).toEqual([]);
		isStarting = false;
		expect(await held).toEqual({ status: 200, body: '{}' });
		expect([200, 503]).toContain((await posted).status);
	});
});

test.each(FRONTS.filter(({ file }) => !file.endsWith('Caddyfile')))(
	'$file waits for an answer longer than any workflow may take, and no longer',
	async ({ file, of }) => {
		const settings = readFileSync(join(DEPLOY, file), 'utf8');
		const waits = /(?:proxy_read_timeout|timeout server) 900s/;
		expect(settings).toMatch(waits);
		await using proxy = await startProxy(join(DEPLOY, file), addresses(), (text) =>
			text.replace(waits, (setting) => setting.replace('900', '1')),
		);
		const url = `http://127.0.0.1:${proxy.port}${of === 'trigger' ? TRIGGER : '/webhook/another'}`;
		expect((await send(url)).status).toBe(200);
		n8n.answer = answers(new Promise(() => {}));
		expect((await send(url)).status).toBe(504);
	},
);

test('Caddy waits for an answer as long as a workflow takes: nothing limits it', () => {
	const settings = readFileSync(join(DEPLOY, 'proxies/koeiq.caddy'), 'utf8');
	expect(settings).not.toMatch(/read_timeout|response_header_timeout/);
});
