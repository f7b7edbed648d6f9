import { Agent, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

import { sign, SIGNATURE_HEADER } from '../../harness/koeiq/sender';
import { REQUEST_MILLISECONDS } from '../../harness/wait';
import { percentile } from './rounds';

export interface Wanted {
	url: string;
	body: string | Buffer;
	headers: Record<string, string>;
	/** The status of every answer. */
	expects: number;
	seconds: number;
}

export interface Answered {
	requests: number;
	/** Milliseconds since the epoch: of the first request, and of the last answer. */
	began: number;
	ended: number;
	perSecond: number;
	/** Milliseconds. */
	latency: { p50: number; p95: number; p99: number };
}

export function headersOf(body: string | Buffer, secret: string): Record<string, string> {
	return { 'content-type': 'application/json', [SIGNATURE_HEADER]: sign(secret, body) };
}

/**
 * Sends one request over and over, each connection as soon as it has its answer, and waits for the last answers.
 *
 * @throws {Error} if an answer has another status than the one expected, or none comes
 */
export async function load(wanted: Wanted & { connections: number }): Promise<Answered> {
	return await measure(wanted, wanted.connections, async (send) => {
		const end = Date.now() + wanted.seconds * 1000;
		const connection = async () => {
			while (Date.now() < end) await send(performance.now());
		};
		await Promise.all(Array.from({ length: wanted.connections }, connection));
	});
}

/**
 * Sends a request at each moment that one is due, whether or not the last has been answered. Latency counts from that
 * moment, so that a server which falls behind cannot hide it.
 *
 * @throws {Error} if an answer has another status than the one expected, or none comes
 */
export async function loadAtRate(wanted: Wanted, rate: number): Promise<Answered> {
	return await measure(wanted, Infinity, async (send) => {
		const began = performance.now();
		const underWay: Array<Promise<void>> = [];
		for (let count = 0; count < rate * wanted.seconds; count++) {
			const due = began + (count * 1000) / rate;
			await sleep(Math.max(0, due - performance.now()));
			const sent = send(due);
			// One that fails is told when all are awaited, not before.
			sent.catch(() => {});
			underWay.push(sent);
		}
		await Promise.all(underWay);
	});
}

async function measure(
	wanted: Wanted,
	maxSockets: number,
	sendAll: (send: (due: number) => Promise<void>) => Promise<void>,
): Promise<Answered> {
	const agent = new Agent({ keepAlive: true, maxSockets });
	const latencies: number[] = [];
	try {
		const began = Date.now();
		await sendAll(async (due) => {
			await post(wanted, agent);
			latencies.push(performance.now() - due);
		});
		const ended = Date.now();
		latencies.sort((a, b) => a - b);
		return {
			requests: latencies.length,
			began,
			ended,
			perSecond: (latencies.length * 1000) / (ended - began),
			latency: {
				p50: percentile(latencies, 0.5),
				p95: percentile(latencies, 0.95),
				p99: percentile(latencies, 0.99),
			},
		};
	} finally {
		agent.destroy();
	}
}

async function post({ url, headers, body, expects }: Wanted, agent: Agent): Promise<void> {
	const signal = AbortSignal.timeout(REQUEST_MILLISECONDS);
	await new Promise<void>((resolve, reject) => {
		const sending = request(url, { agent, headers, method: 'POST', signal }, (response) => {
			response.resume().once('end', () => {
				if (response.statusCode === expects) resolve();
				else reject(new Error(`${url} answered ${response.statusCode}, not ${expects}.`));
			});
			response.once('error', reject);
		});
		sending.once('error', reject);
		sending.end(body);
	});
}
