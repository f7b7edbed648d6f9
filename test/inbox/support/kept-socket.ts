import { existsSync } from 'node:fs';
import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { findProgram } from '../../../harness/command';
import { INBOX_PROGRAM } from '../../../harness/inbox';
import { installNode } from '../../../harness/install';
import { freePort } from '../../../harness/ports';
import { programIn, type Running } from '../../../harness/program';
import { isOk, poll } from '../../../harness/wait';

/** What systemd does with the socket of a service, once it has been started. */
export const ACTIVATOR = findProgram('systemd-socket-activate');

export interface KeptSocket extends Running {
	/** Of the socket, whoever answers. */
	url: string;
	folder: string;
	/** Ends the inbox by SIGTERM; resolved once the next one, with settings that replace the earlier ones, is ready. */
	restart(env?: NodeJS.ProcessEnv): Promise<void>;
	/** Ends the inbox by SIGTERM, and the socket with it. */
	end(): Promise<void>;
}

/** Starts the inbox again whenever it has ended, as its unit has it: the socket is never closed. */
const SERVICE = `
	while :; do
		. ./environment
		sh -c 'echo $$ >pid; export LISTEN_PID=$$; exec setpriv --pdeathsig=KILL "$0" "$1"' "$0" "$1"
	done`;

export async function startBehindSocket(env: NodeJS.ProcessEnv): Promise<KeptSocket> {
	if (ACTIVATOR === undefined) throw new Error('systemd-socket-activate is missing.');
	const { node } = await installNode(() => {});
	const folder = await mkdtemp(join(tmpdir(), 'koeiq-inbox-socket-'));
	const log = join(folder, 'inbox.log');
	const port = await freePort();
	const url = `http://127.0.0.1:${port}`;
	let settings: NodeJS.ProcessEnv = { INBOX_STORE: join(folder, 'inbox.sqlite'), ...env };
	const program = programIn('The inbox behind a socket', { folder, log });
	const write = async (changed: NodeJS.ProcessEnv = {}) => {
		settings = { ...settings, ...changed };
		const lines = Object.entries(settings).map(([name, value]) => `export ${name}='${value}'\n`);
		await writeFile(join(folder, 'environment'), lines.join(''));
	};
	const pid = async () => Number(await readFile(join(folder, 'pid'), 'utf8'));
	await write();
	const shell = ['sh', '-c', `cd '${folder}'; ${SERVICE}`, node, INBOX_PROGRAM];
	await program.start([ACTIVATOR, '--listen', `127.0.0.1:${port}`, ...shell], {
		env: { PATH: process.env.PATH },
		within: 60_000,
		isReady: async () => existsSync(folder) && (await isOk(`${url}/healthz`)),
	});
	const starts = async () => (await readFile(log, 'utf8')).split('The inbox listens on ').length;
	return {
		...program,
		end: async () => {
			await writeFile(join(folder, 'environment'), 'exit 0');
			process.kill(await pid(), 'SIGTERM');
			await poll('the inbox to end', 60_000, () => program.hasEnded());
		},
		...{ url, folder },
		restart: async (changed) => {
			await write(changed);
			const before = await starts();
			process.kill(await pid(), 'SIGTERM');
			await poll('the next inbox', 60_000, async () => (await starts()) > before);
		},
	};
}
