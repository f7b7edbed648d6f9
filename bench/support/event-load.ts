import { connect, type Socket } from 'node:net';

import { sampleOf } from '../../harness/koeiq/samples';
import { sign, SIGNATURE_HEADER } from '../../harness/koeiq/sender';
import { percentile } from './rounds';

export interface EventLoad {
	url: string;
	secret: string;
	seconds: number;
}

/** Milliseconds. */
const ANSWER_TIMEOUT = 30_000;

let events = 0;

/** An event that no other is like, as the bytes of a request. */
function request({ url, secret }: EventLoad): string {
	const sample = sampleOf('analytics.completed');
	sample.data.voicelog_id = `vl_${process.pid}_${++events}`;
	sample.data.call_id = `CALL-${process.pid}-${events}`;
	const body = JSON.stringify(sample);
	const { host, pathname } = new URL(url);
	return `POST ${pathname} HTTP/1.1\r\nHost: ${host}\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n${SIGNATURE_HEADER}: ${sign(secret, body)}\r\n\r\n${body}`;
}

/**
 * Sends events, each connection the next as soon as it has its answer. Over bare sockets, so that the sender is not what
 * is measured.
 *
 * @returns events a second
 * @throws {Error} if one is not answered 200
 */
export async function loadEvents(load: EventLoad & { connections: number }): Promise<number> {
	const began = performance.now();
	const end = began + load.seconds * 1000;
	let answered = 0;
	const connection = async () => {
		const socket = await open(load.url);
		while (performance.now() < end) {
			await exchange(socket, request(load));
			answered += 1;
		}
		socket.destroy();
	};
	await Promise.all(Array.from({ length: load.connections }, connection));
	return (answered * 1000) / (performance.now() - began);
}

/** Sends an event whenever one is due, answered or not; latency counts from then, in milliseconds. */
export async function loadEventsAtRate(
	load: EventLoad,
	rate: number,
): Promise<{ p50: number; p99: number; slowest: number }> {
	const idle: Socket[] = [];
	const latencies: number[] = [];
	const began = performance.now();
	const underWay: Array<Promise<void>> = [];
	for (let count = 0; count < rate * load.seconds; count++) {
		const due = began + (count * 1000) / rate;
		const early = due - performance.now();
		if (early > 0) await new Promise((resolve) => setTimeout(resolve, early));
		const send = async () => {
			const socket = idle.pop() ?? (await open(load.url));
			await exchange(socket, request(load));
			latencies.push(performance.now() - due);
			idle.push(socket);
		};
		underWay.push(send());
	}
	await Promise.all(underWay);
	for (const socket of idle) socket.destroy();
	latencies.sort((a, b) => a - b);
	const slowest = latencies.at(-1) ?? NaN;
	return { p50: percentile(latencies, 0.5), p99: percentile(latencies, 0.99), slowest };
}

async function open(url: string): Promise<Socket> {
	const socket = connect(Number(new URL(url).port), '127.0.0.1').setNoDelay();
	await new Promise((resolve, reject) => {
		socket.once('connect', resolve).once('error', reject);
	});
	return socket.removeAllListeners('error').setEncoding('utf8');
}

/**
 * One request and its answer, which is short, and of a stated length or in chunks.
 *
 * @throws {Error} if it is not 200, or does not come within {@link ANSWER_TIMEOUT}
 */
async function exchange(socket: Socket, bytes: string): Promise<void> {
	await new Promise<void>((resolve, reject) => {
		let answer = '';
		const end = (problem?: string) => {
			clearTimeout(timer);
			socket.off('data', onData).off('close', onClose).off('error', onClose);
			if (problem === undefined) resolve();
			else reject(new Error(`${problem} after ${JSON.stringify(answer)}`));
		};
		const onData = (chunk: string) => {
			answer += chunk;
			if (!isWhole(answer)) return;
			end(answer.startsWith('HTTP/1.1 200 ') ? undefined : 'It was refused');
		};
		const onClose = () => {
			end('The connection broke');
		};
		const timer = setTimeout(() => {
			end(`${ANSWER_TIMEOUT / 1000} s went by`);
		}, ANSWER_TIMEOUT);
		socket.on('data', onData).on('close', onClose).on('error', onClose);
		socket.write(bytes);
	});
}

/** Whether an answer is there to its last byte; all that is sent here is ASCII. */
function isWhole(answer: string): boolean {
	const end = answer.indexOf('\r\n\r\n');
	if (end < 0) return false;
	const length = /\r\ncontent-length: (\d+)\r\n/i.exec(answer.slice(0, end + 2))?.[1];
	// In chunks, an empty one is the last.
	if (length === undefined) return answer.endsWith('\r\n0\r\n\r\n');
	return answer.length >= end + 4 + Number(length);
}
