import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';

import { startInbox, type Inbox } from '../../harness/inbox';
import { installNode } from '../../harness/install';
import { freePort } from '../../harness/ports';
import { toStandardError } from '../../harness/report';
import { poll, statusOf } from '../../harness/wait';
import type { Answered } from './load';
import { load } from './load';

/* What the benchmarks of the inbox start, and what they ask it. */

export const SECRET = 'the-secret-of-the-inbox-benchmark';

/** How each started thing is stopped. */
export class Started {
	private readonly stops: Array<() => Promise<unknown>> = [];

	async inbox(env: NodeJS.ProcessEnv): Promise<Inbox> {
		const running = await startInbox({ env: { INBOX_WEBHOOK_SECRET: SECRET, ...env } });
		this.add(running.stop);
		return running;
	}

	/** A server that checks the signature and keeps nothing, on the inbox's Node. */
	async bareServer(): Promise<{ url: string; pid: number }> {
		const port = await freePort();
		const child = await runOnNode24('bare-server.mjs', String(port), SECRET);
		this.add(async () => child.kill());
		const url = `http://127.0.0.1:${port}`;
		await poll('the bare server', 10_000, async () => (await statusOf(url)) !== undefined);
		return { url, pid: child.pid ?? NaN };
	}

	/** A target that takes everything at once. */
	async target(): Promise<string> {
		const server = createServer((request, response) => {
			request.resume().once('end', () => {
				response.end(request.method === 'GET' ? '{"ready":true}' : '');
			});
		}).listen(0, '127.0.0.1');
		await once(server, 'listening');
		this.add(async () => {
			server.closeAllConnections();
			server.close();
		});
		return `http://127.0.0.1:${(server.address() as AddressInfo).port}/webhook/up/koeiq`;
	}

	add(stop: () => Promise<unknown>): void {
		this.stops.push(stop);
	}

	/** Last first. */
	async stop(): Promise<void> {
		for (const stop of this.stops.splice(0).reverse()) await stop();
	}
}

/** Where nothing listens. */
export async function targetDown(): Promise<string> {
	return `http://127.0.0.1:${await freePort()}/webhook/down/koeiq`;
}

/**
 * Sends an inbox events that all differ.
 *
 * @throws {Error} if it answered more than it has stored
 */
export async function loadInbox(
	inbox: Pick<Inbox, 'url'>,
	requests: number,
	connections: number,
): Promise<Answered> {
	const before = await metric(inbox, 'koeiq_inbox_received_total');
	const url = `${inbox.url}/koeiq`;
	const answered = await load({ url, requests, connections, content: { secret: SECRET } });
	const stored = (await metric(inbox, 'koeiq_inbox_received_total')) - before;
	if (stored !== requests) throw new Error(`${requests} answered, but ${stored} stored.`);
	return answered;
}

/** Of all targets together. */
export async function metric({ url }: Pick<Inbox, 'url'>, name: string): Promise<number> {
	const text = await (await fetch(`${url}/metrics`)).text();
	const lines = text.split('\n').filter((line) => new RegExp(`^${name}[{ ]`).test(line));
	return lines.reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
}

/** Fills the SQLite file of an inbox that is stopped. */
export async function fill(inbox: Inbox, events: number): Promise<void> {
	const child = await runOnNode24('fill.mjs', join(inbox.folder, 'inbox.sqlite'), String(events));
	const [code] = (await once(child, 'exit')) as [number | null];
	if (code !== 0) throw new Error(`fill.mjs ended with ${String(code)}.`);
}

async function runOnNode24(script: string, ...args: string[]): Promise<ChildProcess> {
	const { node } = await installNode(toStandardError);
	return spawn(node, [join(__dirname, script), ...args], { stdio: 'inherit' });
}
