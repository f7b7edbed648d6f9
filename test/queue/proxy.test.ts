import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { missingServices, startCaddy, type Service } from '../../harness/services';
import { endedAfterAll } from '../support/opened';

/* The proxy's settings as the README has them, in front of what answers as n8n does. */

const PROJECT = join(__dirname, '../..');
const KOEIQ = '/webhook/0b7a7500-0000-4000-8000-000000000000/koeiq';

const missing = missingServices().filter((name) => name.startsWith('Caddy'));
if (missing.length > 0) {
	process.stderr.write(`The README's proxy is not tested: ${missing.join()} not found here.\n`);
}

(missing.length > 0 ? describe.skip : describe).each(['README.md', 'docs/ja/README.md'])(
	'the proxy of %s',
	(readme) => {
		let folder: string;
		let proxy: Service;
		let answer: { status: number; type: string; body: string };
		const got: Array<{ url: string | undefined; signature: unknown; body: string }> = [];
		const n8n: Server = createServer((request, response) => {
			const chunks: Buffer[] = [];
			request.on('data', (chunk: Buffer) => chunks.push(chunk));
			request.on('end', () => {
				const signature = request.headers['x-koeiq-signature'];
				got.push({ url: request.url, signature, body: Buffer.concat(chunks).toString() });
				response.writeHead(answer.status, { 'content-type': answer.type }).end(answer.body);
			});
		});

		const opened = endedAfterAll();

		beforeAll(async () => {
			await new Promise<void>((done) => n8n.listen(0, '127.0.0.1', done));
			folder = mkdtempSync(join(tmpdir(), 'koeiq-proxy-'));
			const file = join(folder, 'Caddyfile');
			const text = readFileSync(join(PROJECT, readme), 'utf8');
			const [, block = ''] = /```\n(n8n\.example\.com \{\n[^]*?)```/.exec(text) ?? [];
			const here = block
				.replace('n8n.example.com {', '{\n\tadmin off\n}\n{$DOMAIN} {\n\tbind 127.0.0.1')
				.replaceAll('127.0.0.1:5678', '{$N8N}');
			expect(here).toContain('{$N8N}');
			writeFileSync(file, here);
			const { port } = n8n.address() as AddressInfo;
			proxy = await opened(startCaddy({ N8N: `127.0.0.1:${port}` }, file));
		}, 120_000);

		afterAll(async () => {
			n8n.close();
			rmSync(folder, { recursive: true, force: true });
		});

		async function send(path: string): Promise<{ status: number; body: string }> {
			const response = await fetch(`http://127.0.0.1:${proxy.port}${path}`, {
				method: 'POST',
				headers: { 'content-type': 'application/json', 'x-koeiq-signature': 'sha256=ab' },
				body: '{ "a": "電話" }',
			});
			return { status: response.status, body: await response.text() };
		}

		test('passes body, signature and answer as they are', async () => {
			for (const [status, body] of [
				[200, ''],
				[401, '{"error":"Invalid signature"}'],
			] as const) {
				answer = { status, type: 'application/json; charset=utf-8', body };
				expect(await send(KOEIQ)).toEqual({ status, body });
				const event = { url: KOEIQ, signature: 'sha256=ab', body: '{ "a": "電話" }' };
				expect(got.at(-1)).toEqual(event);
			}
		});

		test('lets no event count as delivered while n8n starts', async () => {
			const body = 'n8n is starting up. Please wait';
			answer = { status: 200, type: 'text/html; charset=utf-8', body };
			expect((await send(KOEIQ)).status).toBe(503);
			// The editor's own pages are text too.
			expect(await send('/home/workflows')).toEqual({ status: 200, body });
		});
	},
);
