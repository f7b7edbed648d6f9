import { lookup } from 'node:dns';
import { once } from 'node:events';
import { connect, type LookupFunction } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** After which it is looked at once more: what only restarts may be back by then. Milliseconds. */
const SECOND_LOOK_MS = 1_000;
const TIMEOUT_MS = 2_000;

const CERTAIN: ReadonlyMap<string, string> = new Map([
	['ENOTFOUND', 'no such host'],
	['ECONNREFUSED', 'connection refused'],
]);

/**
 * Whether nobody can be at a URL: its host does not exist, or refuses connections, twice. A host that is slow, a name
 * server that is away, and a proxy whose n8n is down are no dead end.
 *
 * @returns why, in words; undefined if it is none, or that is not certain
 */
export async function findDeadEnd(
	url: string,
	{ pause = rest, resolve = lookup }: Doubles = {},
): Promise<string | undefined> {
	const first = await look(url, resolve);
	if (first === undefined) return undefined;
	await pause();
	return await look(url, resolve);
}

async function rest(): Promise<void> {
	await sleep(SECOND_LOOK_MS);
}

/** For tests. */
interface Doubles {
	pause?: () => Promise<void>;
	resolve?: LookupFunction;
}

async function look(url: string, resolve: LookupFunction): Promise<string | undefined> {
	const { protocol, hostname, port } = new URL(url);
	const socket = connect({
		host: hostname.replace(/^\[|\]$/g, ''),
		port: Number(port) || (protocol === 'https:' ? 443 : 80),
		lookup: resolve,
	});
	try {
		await once(socket, 'connect', { signal: AbortSignal.timeout(TIMEOUT_MS) });
		return undefined;
	} catch (error) {
		return CERTAIN.get(String((error as NodeJS.ErrnoException).code));
	} finally {
		socket.destroy();
	}
}
