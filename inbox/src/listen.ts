import type { Server } from 'node:http';
import { Server as NetServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

import { SettingError } from './settings';

export interface Address {
	host: string;
	port: number;
	/** A socket that listens already, by its number: the other two do not count then. */
	fd?: number;
}

/** Has a server listen. @throws {SettingError} if that cannot be, with the names of its two settings */
export async function listen(
	server: { listen(address: Address): Promise<unknown> },
	{ host, port, fd }: Address,
	settings: { host: string; port: string },
): Promise<void> {
	try {
		await server.listen(fd === undefined ? { host, port } : { host: '127.0.0.1', port: 0, fd });
	} catch (error) {
		const sentence = describe(error, { host, port }, settings);
		throw sentence === undefined ? error : new SettingError(sentence);
	}
}

/** The number of the first socket that systemd hands over, by sd_listen_fds(3). */
const FIRST_SOCKET = 3;

/** The socket that systemd keeps open while the inbox restarts, so that connections wait; undefined if there is none. */
export function inheritedSocket(
	{ LISTEN_PID, LISTEN_FDS }: NodeJS.ProcessEnv,
	pid = process.pid,
): number | undefined {
	return Number(LISTEN_PID) === pid && Number(LISTEN_FDS) >= 1 ? FIRST_SOCKET : undefined;
}

/** For how long a server that ends still listens, and a connection stays on which a request may be on its way. */
const IDLE_GRACE_MS = 1_000;

/**
 * Ends a server so that nobody is turned away: it first asks for each connection to be closed with the answer to its next
 * request, then stops listening. Node's own `close` destroys idle connections at once, under a request that is on its way.
 *
 * @param timeout milliseconds after which what is left is cut off
 */
export async function drain(server: Server, timeout: number): Promise<void> {
	server.prependListener('request', (_request, response) => {
		response.setHeader('connection', 'close');
	});
	await sleep(IDLE_GRACE_MS);
	await acceptWaiting(server);
	const closed = new Promise((resolve) => NetServer.prototype.close.call(server, resolve));
	server.closeIdleConnections();
	const idle = setInterval(() => {
		server.closeIdleConnections();
	}, IDLE_GRACE_MS);
	const deadline = setTimeout(() => {
		server.closeAllConnections();
	}, timeout);
	await closed;
	clearInterval(idle);
	clearTimeout(deadline);
}

/** Milliseconds of a turn of the event loop in which nothing happened. */
const QUIET_TURN_MS = 0.2;
/** A flood must not keep the port open. */
const MAX_TURNS = 10_000;

/**
 * Waits until no connection waits to be accepted: a port that closes resets those. So right after it, in the same turn of
 * the event loop, is the moment to close. Node accepts one connection in each turn.
 */
export async function acceptWaiting(server: Server): Promise<void> {
	let isQuiet = false;
	let began = 0;
	const onConnection = () => {
		isQuiet = false;
	};
	server.on('connection', onConnection);
	await new Promise<void>((resolve) => {
		const look = (turns: number) => {
			const now = performance.now();
			if ((isQuiet && now - began < QUIET_TURN_MS) || turns === 0) {
				resolve();
				return;
			}
			isQuiet = true;
			began = now;
			setImmediate(look, turns - 1);
		};
		setImmediate(look, MAX_TURNS);
	});
	server.off('connection', onConnection);
}

function describe(
	error: unknown,
	{ host, port }: Address,
	settings: { host: string; port: string },
): string | undefined {
	switch ((error as NodeJS.ErrnoException).code) {
		case 'EADDRINUSE':
			return `${settings.port} is ${port}, but another program uses this port.`;
		case 'EACCES':
			return `${settings.port} is ${port}, but this user may not use this port.`;
		case 'EADDRNOTAVAIL':
		case 'ENOTFOUND':
		case 'EAI_AGAIN':
			return `${settings.host} is ${host}, but this machine has no such address.`;
		default:
			return undefined;
	}
}
