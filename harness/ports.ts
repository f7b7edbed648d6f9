import { randomInt } from 'node:crypto';
import { createServer, type AddressInfo } from 'node:net';

import { HarnessError } from './report';

export class PortInUseError extends HarnessError {
	constructor(readonly port: number) {
		super(`Port ${port} cannot be used: another program has it.`);
	}
}

/*
 * Below the ports that systems give to outgoing connections and to whoever asks for any: those can be given away again
 * before a program listens on one, or while it is restarted.
 */
const FIRST = 11_000;
const LAST = 32_767;

/** A port of 127.0.0.1 that was free just now, and that nothing but chance gives to another. */
export async function freePort(): Promise<number> {
	for (;;) {
		try {
			return await listenOnce(randomInt(FIRST, LAST + 1));
		} catch (error) {
			if (!(error instanceof PortInUseError)) throw error;
		}
	}
}

/** @throws {PortInUseError} */
export async function checkPort(port: number): Promise<void> {
	await listenOnce(port);
}

async function listenOnce(port: number): Promise<number> {
	return await new Promise((resolve, reject) => {
		const server = createServer();
		server.once('error', (error: NodeJS.ErrnoException) => {
			const isTaken = error.code === 'EADDRINUSE' || error.code === 'EACCES';
			reject(isTaken ? new PortInUseError(port) : error);
		});
		server.listen(port, '127.0.0.1', () => {
			const { port: taken } = server.address() as AddressInfo;
			server.close(() => {
				resolve(taken);
			});
		});
	});
}
