import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

import { sampleOf } from '../../harness/koeiq/samples';
import { sign, SIGNATURE_HEADER } from '../../harness/koeiq/sender';
import type { Figures } from './compare';
import { cpuMilliseconds, untilIdle } from './processes';

export const SECRET = 'the-secret-of-the-benchmark';
const BODY = JSON.stringify(sampleOf('analytics.completed'));

export interface Load {
	url: string;
	/** How many are sent in all. */
	requests: number;
	/** Each sends its next request as soon as it has the answer to the last. */
	connections: number;
	/** The status of every answer. */
	expects: number;
	/** The same request over and over, or events that all differ, signed with a secret. */
	content: SignedRequest | { secret: string };
}

export interface SignedRequest {
	body: string;
	headers: Record<string, string>;
}

export interface Answered {
	/** Milliseconds since the epoch: of the first request, and of the last answer. */
	began: number;
	ended: number;
	perSecond: number;
	/** Milliseconds. */
	p50: number;
	p99: number;
}

export function signed(body: string, secret: string): SignedRequest {
	return {
		body,
		headers: { 'content-type': 'application/json', [SIGNATURE_HEADER]: sign(secret, body) },
	};
}

/** Ten connections that send the same event, or a forgery. */
export const ACCEPTED = { connections: 10, content: signed(BODY, SECRET), expects: 200 };
export const FORGED = { ...ACCEPTED, content: signed(BODY, 'a forger'), expects: 401 };

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

/** What a load costs a process, until it has nothing left to do. */
export async function cost(pid: number, wanted: Load): Promise<Figures> {
	await untilIdle([pid]);
	const before = cpuMilliseconds(pid);
	const { perSecond, p50, p99 } = await load(wanted);
	await untilIdle([pid]);
	return {
		'events/s': perSecond,
		'CPU, ms an event': (cpuMilliseconds(pid) - before) / wanted.requests,
		'p50, ms': p50,
		'p99, ms': p99,
	};
}
