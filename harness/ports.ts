import { randomInt } from 'node:crypto';

import getPort from 'get-port';

import { HarnessError } from './report';

const host = '127.0.0.1';

/*
 * Below the range from which systems take ports for outgoing connections: one of those can be taken before a program
 * listens on it, or while it is restarted. At random, since several test runs choose at once.
 */
function* candidates(): Generator<number> {
	for (;;) yield randomInt(11_000, 32_768);
}

/** A port of 127.0.0.1 that was free just now, and that nothing but chance gives to another. */
export async function freePort(): Promise<number> {
	return await getPort({ host, port: candidates() });
}

/** @throws {HarnessError} if the port is in use */
export async function checkPort(port: number): Promise<void> {
	if ((await getPort({ host, port })) === port) return;
	throw new HarnessError(
		`Port ${port} cannot be used: another program has it. Stop that program, or choose another port with --port.`,
	);
}
