import { createServer, type AddressInfo } from 'node:net';

import { HarnessError } from './report';

export class PortInUseError extends HarnessError {
	constructor(readonly port: number) {
		super(`Port ${port} cannot be used: another program has it.`);
	}
}

/** A port of 127.0.0.1 that was free just now. */
export async function freePort(): Promise<number> {
	return await listenOnce(0);
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
