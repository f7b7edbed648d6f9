import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { request, type OutgoingHttpHeaders } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

import { sampleOf } from '../../harness/koeiq/samples';
import { sign, SIGNATURE_HEADER } from '../../harness/koeiq/sender';
import { freePort } from '../../harness/ports';
import { startCaddy, type Service } from '../../harness/services';
import { StandIn, type Received } from '../../harness/stand-in';
import { poll, REQUEST_MILLISECONDS } from '../../harness/wait';
import { disposedAfterAll } from '../support/disposed';

/* The proxies of deploy/, and the README's, in front of what answers as n8n and the inbox do. */

const PROJECT = join(__dirname, '../..');
const KOEIQ = '/webhook/0b7a7500-0000-4000-8000-000000000000/koeiq';
const TEST_URL = KOEIQ.replace('/webhook/', '/webhook-test/');

const BODY = JSON.stringify({ ...sampleOf('analytics.completed'), text: '電話' });
const SIGNATURE = sign('the-secret-that-koeiq-signs-with', BODY);
const HEX = SIGNATURE.slice('sha256='.length);
/** 22 KB on the way, 15 MB once n8n has inflated it. */
const BOMB = gzipSync(Buffer.alloc(15_000_000, '{"a":'));
const LIMIT = 16 * 1024 * 1024;
/** What drain.cjs answers for a webhook processor that takes events. */
const TAKES_EVENTS = 'open';
/** What n8n answers 200 to everything with, until its tables are up to date. */
const STARTING = 'n8n is starting up. Please wait';

/** The ways to write a trigger's path that n8n, or the proxy, may take for the same. */
const SPELLINGS = [KOEIQ, TEST_URL].flatMap((path) => [
	path,
	`${path}?x=1`,
	`${path}/`,
	`${path}%2F`,
	`${path}%2f?x=1`,
	`/${path}`,
	path.replace('/koeiq', '//koeiq/'),
	path.replace('/koeiq', '%2Fkoeiq'),
	path.replace('/koeiq', '/koei%71'),
	path.replace('/webhook', '/WEBHOOK'),
	path.replace('/webhook', '/x/../webhook'),
	path.replace('/webhook', '/%2e/webhook'),
]);

/** The settings of the proxy, with its addresses as variables. */
function settings(file: string): string {
	const text = readFileSync(join(PROJECT, file), 'utf8');
	if (file.startsWith('deploy/')) return text;
	const [, block = ''] = /```\n(n8n\.example\.org \{\n[^]*?)```/.exec(text) ?? [];
	expect(block).toContain('127.0.0.1:5678');
	return block
		.replace('n8n.example.org {', '{\n\tadmin off\n}\n{$DOMAIN} {\n\tbind 127.0.0.1')
		.replaceAll('127.0.0.1:5678', '{$PROXY_MAIN}');
}

interface Sent {
	method?: string;
	headers?: OutgoingHttpHeaders;
	body?: string | Uint8Array;
}

const SIGNED = { [SIGNATURE_HEADER]: SIGNATURE, 'content-type': 'application/json' };

async function send(
	url: string,
	{ method = 'POST', headers = SIGNED, body = BODY }: Sent = {},
): Promise<{ status: number; body: string }> {
	const { host, port, pathname } = /^http:\/\/(?<host>[^:]+):(?<port>\d+)(?<pathname>.*)$/.exec(url)
		?.groups as Record<'host' | 'port' | 'pathname', string>;
	return await new Promise((resolve, reject) => {
		const sent = request(
			// Not a URL, which would make `/x/../y` into `/y`.
			{
				host,
				port,
				path: pathname,
				method,
				headers,
				signal: AbortSignal.timeout(REQUEST_MILLISECONDS),
			},
			(response) => {
				let text = '';
				response.on('data', (chunk: Buffer) => (text += chunk.toString()));
				response.on('end', () => {
					resolve({ status: response.statusCode ?? 0, body: text });
				});
			},
		);
		sent.on('error', reject);
		sent.end(body);
	});
}

interface Upstream {
	/** `host:port` */
	address(): string;
	/** To everything but a health check; what each test begins with is an empty 200. */
	reply: { status: number; type: string; body: string };
	/** To the proxy's own health check. */
	health: string;
	/** What the proxy let through. */
	got(): Array<{ path: string; signature: string[] | undefined; body: Buffer }>;
	healthChecks(): number;
}

/** One that answers as n8n or the inbox would, for the tests of one `describe`. */
function upstream(): Upstream {
	const started = disposedAfterAll();
	let standIn: StandIn;
	const isHealthCheck = ({ path }: Received) => path === '/healthz/open';
	const usual = {
		health: TAKES_EVENTS,
		reply: { status: 200, type: 'application/json; charset=utf-8', body: '' },
	};
	const made: Upstream = {
		...usual,
		address: () => new URL(standIn.url).host,
		got: () =>
			standIn.requests
				.filter((request) => !isHealthCheck(request))
				.map(({ path, headers, body }) => ({
					...{ path, body },
					signature: headers[SIGNATURE_HEADER.toLowerCase()],
				})),
		healthChecks: () => standIn.requests.filter(isHealthCheck).length,
	};
	beforeAll(async () => {
		standIn = await started(
			StandIn.start((request) => {
				if (isHealthCheck(request)) return { body: made.health };
				const { status, type, body } = made.reply;
				return { status, body, headers: { 'content-type': type } };
			}),
		);
	});
	beforeEach(() => {
		standIn.reset();
		Object.assign(made, usual);
	});
	return made;
}

/** The proxy with a file's settings: its address, once it is there. */
function proxyOf(file: string, upstreams: () => Record<string, string>): () => string {
	const started = disposedAfterAll();
	let folder: string;
	let proxy: Service;
	beforeAll(async () => {
		folder = mkdtempSync(join(tmpdir(), 'koeiq-proxy-'));
		const caddyfile = join(folder, 'Caddyfile');
		writeFileSync(caddyfile, settings(file));
		proxy = await started(startCaddy(upstreams(), caddyfile));
	}, 120_000);
	afterAll(() => {
		rmSync(folder, { recursive: true, force: true });
	});
	return () => `http://127.0.0.1:${proxy.port}`;
}

test('the README in Japanese has the same proxy', () => {
	const withoutComments = (text: string) => text.replace(/^\s*#.*\n/gm, '');
	const [japanese, english] = ['docs/ja/README.md', 'README.md'].map(settings).map(withoutComments);
	expect(japanese).toBe(english);
});

describe.each(['deploy/Caddyfile', 'README.md'])('the proxy of %s', (file) => {
	const n8n = upstream();
	const proxy = proxyOf(file, () => ({ PROXY_MAIN: n8n.address(), PROXY_WEBHOOK: n8n.address() }));

	test('passes body, signature and answer as they are', async () => {
		for (const [status, body] of [
			[200, ''],
			[401, '{"error":"Invalid signature"}'],
			[415, '{"error":"Unsupported content type"}'],
			[500, '{"error":"Webhook secret is not configured"}'],
		] as const) {
			n8n.reply = { ...n8n.reply, status, body };
			expect(await send(proxy() + KOEIQ)).toEqual({ status, body });
			expect(n8n.got().at(-1)).toEqual({
				path: KOEIQ,
				signature: [SIGNATURE],
				body: Buffer.from(BODY),
			});
		}
	});

	test.each<[string, string, Sent]>([
		['bare hex', KOEIQ, { headers: { ...SIGNED, [SIGNATURE_HEADER]: HEX } }],
		['upper case', KOEIQ, { headers: { ...SIGNED, [SIGNATURE_HEADER]: SIGNATURE.toUpperCase() } }],
		['no content type', KOEIQ, { headers: { [SIGNATURE_HEADER]: SIGNATURE } }],
		['text', KOEIQ, { headers: { ...SIGNED, 'content-type': 'text/plain' } }],
		['no compression, said so', KOEIQ, { headers: { ...SIGNED, 'content-encoding': 'identity' } }],
		['no length', KOEIQ, { headers: { ...SIGNED, 'transfer-encoding': 'chunked' } }],
		['16 MB', KOEIQ, { body: Buffer.alloc(LIMIT) }],
		['the Test URL', TEST_URL, {}],
		['a slash at the end', `${KOEIQ}/`, {}],
		['a GET', KOEIQ, { method: 'GET', headers: {}, body: '' }],
		['another path', '/webhook/another', { headers: {}, body: 'x' }],
		['the editor', '/rest/login', { headers: {}, body: 'x' }],
	])('passes %s', async (_, path, sent) => {
		expect(await send(proxy() + path, sent)).toEqual({ status: 200, body: '' });
		expect(n8n.got()).toHaveLength(1);
	});

	const unsigned = { 'content-type': 'application/json' };
	test.each<[string, Sent, number, string]>([
		['a request without a signature', { headers: unsigned }, 401, 'Invalid signature'],
		[
			'a bomb without a signature',
			{ headers: { ...unsigned, 'content-encoding': 'gzip' }, body: BOMB },
			401,
			'Invalid signature',
		],
		[
			'two signatures',
			{ headers: { ...unsigned, [SIGNATURE_HEADER]: [SIGNATURE, SIGNATURE] } },
			401,
			'Invalid signature',
		],
		[
			'a signature of 63 digits',
			{ headers: { ...unsigned, [SIGNATURE_HEADER]: SIGNATURE.slice(0, -1) } },
			401,
			'Invalid signature',
		],
		[
			'another algorithm',
			{ headers: { ...unsigned, [SIGNATURE_HEADER]: `sha512=${HEX}` } },
			401,
			'Invalid signature',
		],
		[
			'a form',
			{ headers: { ...SIGNED, 'content-type': 'Multipart/Form-Data; boundary=b' } },
			415,
			'Unsupported content type',
		],
		[
			'a bomb with a signature',
			{ headers: { ...SIGNED, 'content-encoding': 'gzip' }, body: BOMB },
			415,
			'Unsupported content type',
		],
		['more than 16 MB', { body: Buffer.alloc(LIMIT + 1) }, 413, 'Payload too large'],
	])('keeps from n8n %s', async (_, sent, status, error) => {
		// A body of 16 MB takes its time.
		const paths = (sent.body?.length ?? 0) > LIMIT ? [KOEIQ, TEST_URL] : SPELLINGS;
		for (const path of paths) {
			expect(await send(proxy() + path, sent)).toEqual({ status, body: JSON.stringify({ error }) });
		}
		expect(n8n.got()).toEqual([]);
	});

	test('lets no event count as delivered while n8n starts', async () => {
		n8n.reply = { status: 200, type: 'text/html; charset=utf-8', body: STARTING };
		for (const path of [KOEIQ, `${KOEIQ}/`]) expect((await send(proxy() + path)).status).toBe(503);
		// The editor's own pages are text too.
		expect(await send(proxy() + '/home/workflows')).toEqual({ status: 200, body: STARTING });
	});
});

describe.each(['deploy/single/Caddyfile', 'deploy/queue/Caddyfile'])('the proxy of %s', (file) => {
	const n8n = upstream();
	const inbox = upstream();
	let inside: string;
	beforeAll(async () => {
		inside = `http://127.0.0.1:${await freePort()}`;
	});
	const proxy = proxyOf(file, () => ({
		PROXY_N8N: n8n.address(),
		PROXY_MAIN: n8n.address(),
		PROXY_WEBHOOK: n8n.address(),
		PROXY_INSIDE: inside,
		PROXY_INBOX: inbox.address(),
	}));

	test('hands events to the inbox as they are', async () => {
		inbox.reply = { ...inbox.reply, status: 401, body: '{"error":"Invalid signature"}' };
		const { status, body } = inbox.reply;
		expect(await send(`${proxy()}/koeiq`)).toEqual({ status, body });
		expect(inbox.got()).toEqual([
			{ path: '/koeiq', signature: [SIGNATURE], body: Buffer.from(BODY) },
		]);
		expect(n8n.got()).toEqual([]);
	});

	test.each(SPELLINGS)('lets nobody past the inbox, to a trigger: %s', async (path) => {
		for (const method of ['POST', 'GET', 'HEAD', 'PUT']) {
			const sent = { method, ...(method === 'POST' ? {} : { body: '' }) };
			expect(await send(proxy() + path, sent)).toMatchObject({ status: 404 });
		}
		expect([n8n.got(), inbox.got()]).toEqual([[], []]);
	});

	test.each(['/', '/rest/login', '/webhook/another', '/webhook/koeiq', '/form/koeiq'])(
		'hands to n8n what is another’s: %s',
		async (path) => {
			expect(await send(proxy() + path)).toEqual({ status: 200, body: '' });
			expect(n8n.got()).toMatchObject([{ path }]);
			expect(inbox.got()).toEqual([]);
		},
	);

	if (file.includes('queue')) {
		test('hands on to the webhook processors what the inbox sends', async () => {
			expect(await send(inside + KOEIQ)).toEqual({ status: 200, body: '' });
			expect(n8n.got()).toEqual([{ path: KOEIQ, signature: [SIGNATURE], body: Buffer.from(BODY) }]);
		});

		test('sends nothing to a webhook processor that only starts', async () => {
			n8n.health = STARTING;
			// It asks each second. The second time, it has acted on what it was told the first time.
			const seen = n8n.healthChecks();
			await poll('two health checks', 60_000, () => n8n.healthChecks() >= seen + 2);
			// Caddy before 2.11.4 holds a GET alone.
			const posted = send(inside + KOEIQ);
			const held = send(inside + KOEIQ, { method: 'GET', body: '' });
			await poll('one more', 60_000, () => n8n.healthChecks() >= seen + 3);
			expect(n8n.got()).toEqual([]);
			n8n.health = TAKES_EVENTS;
			expect(await held).toEqual({ status: 200, body: '' });
			expect([200, 503]).toContain((await posted).status);
			expect((await send(inside + KOEIQ)).status).toBe(200);
		});
	}
});
