import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

import { sign, SIGNATURE_HEADER } from '../../harness/koeiq/sender';

export interface Load {
	url: string;
	/** How many are sent in all. */
	requests: number;
	/** Each sends its next request as soon as it has the answer to the last. */
	connections: number;
	/** The status of every answer; 200 unless given. */
	expects?: number;
	/** The same request over and over, or events that all differ, signed with a secret. */
	content: SignedRequest | { secret: string };
}

export interface SignedRequest {
	body: string;
	headers: Record<string, string>;
}

export interface Answered {
	requests: number;
	/** Milliseconds since the epoch: of the first request, and of the last answer. */
	began: number;
	ended: number;
	perSecond: number;
	/** Milliseconds. */
	latency: { p50: number; p99: number };
}

export function signed(body: string, secret: string): SignedRequest {
	return {
		body,
		headers: { 'content-type': 'application/json', [SIGNATURE_HEADER]: sign(secret, body) },
	};
}

/**
 * Sends requests from a process of its own, all made and signed before the first is sent, and waits for every answer.
 *
 * @throws {Error} if an answer is missing, or has another status than the one expected
 */
export async function load(wanted: Load): Promise<Answered> {
	const sender = fork(join(__dirname, 'sender.ts'));
	const exited = once(sender, 'exit');
	sender.send(wanted);
	const [result] = (await Promise.race([once(sender, 'message'), exited])) as [
		Answered | { problem: string } | number | null,
	];
	await exited;
	if (typeof result !== 'object' || result === null) throw new Error('The sender ended early.');
	if ('problem' in result) throw new Error(`${wanted.url}: ${result.problem}`);
	return result;
}

/**
 * @param answered events a second
 * @param done the same events by the end of their work, a second
 * @throws {Error} if more was done than was answered: one of the two was measured wrongly
 */
export function assertPossible(answered: number, done: number): void {
	// An answer may be read a moment after its event is done.
	if (done > answered * 1.05) {
		throw new Error(`${done} events/s done, but only ${answered} answered: measured wrongly.`);
	}
}
