import { existsSync } from 'node:fs';
import { mkdtemp, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

import { environment } from './command';
import { AsyncDisposableStack } from './disposal';
import { installNode } from './install';
import { freePort } from './ports';
import { programIn, type Running } from './program';
import { HarnessError, toStandardError } from './report';
import { statusOf } from './wait';

/** What `npm run build` makes. */
export const INBOX_PROGRAM = resolve(__dirname, '../inbox/dist/main.js');

export interface InboxOptions {
	/** Its settings: `INBOX_…`. The store is a file in its folder, and the port a free one, unless they say otherwise. */
	env?: NodeJS.ProcessEnv;
	/** For Node itself, such as `--import`. */
	nodeArguments?: string[];
}

/** A running inbox. */
export interface Inbox extends Running {
	/** `http://127.0.0.1:<port>` */
	url: string;
	/** Its database is here, if it is SQLite. */
	folder: string;
	/** All that it has said so far. */
	log: () => Promise<string>;
	/** Starts one that has ended, on the same folder and port, with settings that replace the earlier ones. */
	restart: (env?: NodeJS.ProcessEnv) => Promise<void>;
}

/**
 * Starts the inbox as it is built, on Node 24, in a folder of its own that goes when it stops.
 *
 * @throws {HarnessError} if it is not built or does not start
 */
export async function startInbox({
	env = {},
	nodeArguments = [],
}: InboxOptions = {}): Promise<Inbox> {
	if (!existsSync(INBOX_PROGRAM))
		throw new HarnessError('The inbox is not built: npm run build:inbox.');
	const { node } = await installNode(toStandardError);
	const folder = await mkdtemp(join(tmpdir(), 'n8n-nodes-koeiq-inbox-'));
	const log = join(folder, 'inbox.log');
	const port = Number(env.INBOX_PORT ?? (await freePort()));
	const url = `http://127.0.0.1:${port}`;
	let settings: NodeJS.ProcessEnv = {
		INBOX_HOST: '127.0.0.1',
		INBOX_PORT: String(port),
		INBOX_STORE: join(folder, 'inbox.sqlite'),
		...env,
	};
	await using starting = new AsyncDisposableStack();
	const inbox = starting.use(programIn('The inbox', { folder, log }));
	const start = async (changed: NodeJS.ProcessEnv = {}) => {
		settings = { ...settings, ...changed };
		const inherited = Object.entries(environment()).filter(([name]) => !name.startsWith('INBOX_'));
		const program = [node, ...nodeArguments, INBOX_PROGRAM];
		const before = await starts();
		await inbox.start(program, {
			env: { ...Object.fromEntries(inherited), ...settings },
			within: 180_000,
			// Whoever has the port could answer: it is ours once ours says so.
			isReady: async () =>
				(await starts()) > before && (await statusOf(`${url}/healthz`)) !== undefined,
		});
	};
	const starts = async () =>
		existsSync(log) ? (await readFile(log, 'utf8')).split('The inbox listens on ').length : 1;

	await start();
	starting.move();
	return { ...inbox, url, folder, log: async () => await readFile(log, 'utf8'), restart: start };
}
