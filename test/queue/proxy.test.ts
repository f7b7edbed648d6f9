import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, request, type OutgoingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

import { sampleOf } from '../../harness/koeiq/samples';
import { sign, SIGNATURE_HEADER } from '../../harness/koeiq/sender';
import { startCaddy, type Service } from '../../harness/services';

/* The proxy of deploy/, and the README's, in front of what answers as n8n does. */

const PROJECT = join(__dirname, '../..');
const KOEIQ = '/webhook/0b7a7500-0000-4000-8000-000000000000/koeiq';
const TEST_URL = KOEIQ.replace('/webhook/', '/webhook-test/');

const BODY = JSON.stringify({ ...sampleOf('analytics.completed'), text: '電話' });
const SIGNATURE = sign('the-secret-that-koeiq-signs-with', BODY);
const HEX = SIGNATURE.slice('sha256='.length);
/** 22 KB on the way, 15 MB once n8n has inflated it. */
const BOMB = gzipSync(Buffer.alloc(15_000_000, '{"a":'));
const LIMIT = 16 * 1024 * 1024;

/** The settings of the proxy, with its addresses as variables. */
function settings(file: string): string {
	const text = readFileSync(join(PROJECT, file), 'utf8');
	if (file === 'deploy/Caddyfile') return text;
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

describe.each(['deploy/Caddyfile', 'README.md', 'docs/ja/README.md'])('the proxy of %s', (file) => {
	let folder: string;
	let proxy: Service;
	let answer: { status: number; type: string; body: string };
	let got: Array<{ url: string | undefined; signature: unknown; body: Buffer }>;
	const n8n: Server = createServer((request, response) => {
		const chunks: Buffer[] = [];
		request.on('data', (chunk: Buffer) => chunks.push(chunk));
		request.on('end', () => {
			const signature = request.headersDistinct['x-koeiq-signature'];
			got.push({ url: request.url, signature, body: Buffer.concat(chunks) });
			response.writeHead(answer.status, { 'content-type': answer.type }).end(answer.body);
		});
	});

	beforeAll(async () => {
		await new Promise<void>((done) => n8n.listen(0, '127.0.0.1', done));
		folder = mkdtempSync(join(tmpdir(), 'koeiq-proxy-'));
		const caddyfile = join(folder, 'Caddyfile');
		writeFileSync(caddyfile, settings(file));
		const address = `127.0.0.1:${(n8n.address() as AddressInfo).port}`;
		proxy = await startCaddy({ PROXY_MAIN: address, PROXY_WEBHOOK: address }, caddyfile);
	}, 120_000);

	beforeEach(() => {
		answer = { status: 200, type: 'application/json; charset=utf-8', body: '' };
		got = [];
	});

	afterAll(async () => {
		await proxy.stop();
		n8n.close();
		rmSync(folder, { recursive: true, force: true });
	});

	async function send(
		path: string,
		{ method = 'POST', headers = SIGNED, body = BODY }: Sent = {},
	): Promise<{ status: number; body: string }> {
		return await new Promise((resolve, reject) => {
			const sent = request(
				`http://127.0.0.1:${proxy.port}${path}`,
				{ method, headers, signal: AbortSignal.timeout(20_000) },
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

	test('passes body, signature and answer as they are', async () => {
		for (const [status, body] of [
			[200, ''],
			[401, '{"error":"Invalid signature"}'],
			[415, '{"error":"Unsupported content type"}'],
			[500, '{"error":"Webhook secret is not configured"}'],
		] as const) {
			answer = { ...answer, status, body };
			expect(await send(KOEIQ)).toEqual({ status, body });
			expect(got.at(-1)).toEqual({ url: KOEIQ, signature: [SIGNATURE], body: Buffer.from(BODY) });
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
		['a GET', KOEIQ, { method: 'GET', headers: {}, body: '' }],
		['another path', '/webhook/another', { headers: {}, body: 'x' }],
		['the editor', '/rest/login', { headers: {}, body: 'x' }],
	])('passes %s', async (_, path, sent) => {
		expect(await send(path, sent)).toEqual({ status: 200, body: '' });
		expect(got).toHaveLength(1);
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
		for (const path of [KOEIQ, TEST_URL]) {
			expect(await send(path, sent)).toEqual({ status, body: JSON.stringify({ error }) });
		}
		expect(got).toEqual([]);
	});

	test('lets no event count as delivered while n8n starts', async () => {
		const body = 'n8n is starting up. Please wait';
		answer = { status: 200, type: 'text/html; charset=utf-8', body };
		expect((await send(KOEIQ)).status).toBe(503);
		// The editor's own pages are text too.
		expect(await send('/home/workflows')).toEqual({ status: 200, body });
	});
});
