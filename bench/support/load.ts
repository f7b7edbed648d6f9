import { readdirSync, readFileSync } from 'node:fs';
import { Agent, request, type RequestOptions } from 'node:http';

import autocannon from 'autocannon';

import { sign, SIGNATURE_HEADER } from '../../harness/koeiq/sender';
import { percentile } from './rounds';

export interface Load {
	url: string;
	body: string | Buffer;
	headers: Record<string, string>;
	connections: number;
	seconds: number;
}

export interface Answered {
	perSecond: number;
	requests: number;
	/** How often each status came; 0 for a connection that broke. */
	statuses: Record<string, number>;
	/** Milliseconds. */
	latency: { p50: number; p95: number; p99: number };
}

export function headersOf(body: string | Buffer, secret: string): Record<string, string> {
	return { 'content-type': 'application/json', [SIGNATURE_HEADER]: sign(secret, body) };
}

/** Sends one request over and over, each connection as soon as it has its answer. */
export async function load(wanted: Load): Promise<Answered> {
	const { url, body, headers, connections, seconds } = wanted;
	const latencies: number[] = [];
	const statuses: Record<string, number> = {};
	// It emits events, and can be awaited; its types know only the latter.
	const instance = autocannon({
		...{ url, method: 'POST', body, headers, connections, duration: seconds, timeout: 60 },
	}) as unknown as autocannon.Instance & PromiseLike<autocannon.Result>;
	instance.on('response', (_client, status, _bytes, milliseconds) => {
		statuses[status] = (statuses[status] ?? 0) + 1;
		latencies.push(milliseconds);
	});
	const { errors, duration } = await instance;
	if (errors > 0) statuses['0'] = errors;
	return summarize(latencies, statuses, duration);
}

/**
 * Sends a request at each moment that one is due, whether or not the last has been answered. Latency counts from that
 * moment, so that a server which falls behind cannot hide it.
 */
export async function loadAtRate(
	wanted: Omit<Load, 'connections'>,
	rate: number,
): Promise<Answered> {
	const { url, body, headers, seconds } = wanted;
	const agent = new Agent({ keepAlive: true });
	const latencies: number[] = [];
	const statuses: Record<string, number> = {};
	const underWay: Array<Promise<void>> = [];
	const began = performance.now();
	for (let count = 0; count < rate * seconds; count++) {
		const due = began + (count * 1000) / rate;
		await new Promise((done) => setTimeout(done, Math.max(0, due - performance.now())));
		const answered = post(url, { agent, headers }, body).then((status) => {
			statuses[status] = (statuses[status] ?? 0) + 1;
			latencies.push(performance.now() - due);
		});
		underWay.push(answered);
	}
	await Promise.all(underWay);
	agent.destroy();
	return summarize(latencies, statuses, (performance.now() - began) / 1000);
}

/** @returns the status; 0 where the connection broke */
async function post(url: string, options: RequestOptions, body: string | Buffer): Promise<number> {
	return await new Promise((resolve) => {
		const sending = request(url, { ...options, method: 'POST' }, (response) => {
			response.resume().on('end', () => {
				resolve(response.statusCode ?? 0);
			});
		});
		sending.on('error', () => {
			resolve(0);
		});
		sending.end(body);
	});
}

function summarize(
	latencies: number[],
	statuses: Record<string, number>,
	seconds: number,
): Answered {
	latencies.sort((a, b) => a - b);
	return {
		perSecond: latencies.length / seconds,
		requests: latencies.length,
		statuses,
		latency: {
			p50: percentile(latencies, 0.5),
			p95: percentile(latencies, 0.95),
			p99: percentile(latencies, 0.99),
		},
	};
}

/** Milliseconds of CPU that a process has used. Linux only. */
export function cpuMilliseconds(pid: number): number {
	const [, fields = ''] = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ');
	const [user, system] = fields.split(' ').slice(11, 13);
	return (Number(user) + Number(system)) * 10;
}

/** Milliseconds of CPU that a process has used, and those that it has started and that live. Linux only. */
export function treeCpuMilliseconds(pid: number): number {
	const children = readdirSync('/proc')
		.filter((name) => /^\d+$/.test(name))
		.map(Number)
		.filter((candidate) => parentOf(candidate) === pid);
	return children.reduce((sum, child) => sum + treeCpuMilliseconds(child), cpuMilliseconds(pid));
}

function parentOf(pid: number): number | undefined {
	try {
		const [, fields = ''] = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ');
		return Number(fields.split(' ')[1]);
	} catch {
		// It has ended meanwhile.
		return undefined;
	}
}

/** Resident memory of a process, in MB. Linux only. */
export function memoryMegabytes(pid: number): number {
	const kilobytes = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
	return Number(kilobytes) / 1024;
}

/** Waits until a process has nothing left to do: what n8n runs after it has answered. */
export async function untilIdle(pids: readonly number[], seconds = 60): Promise<void> {
	const deadline = Date.now() + seconds * 1000;
	const total = () => pids.reduce((sum, pid) => sum + cpuMilliseconds(pid), 0);
	for (let last = total(), calm = 0; calm < 2 && Date.now() < deadline;) {
		await new Promise((done) => setTimeout(done, 250));
		const now = total();
		calm = now - last <= 20 ? calm + 1 : 0;
		last = now;
	}
}
