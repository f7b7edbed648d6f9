import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import execa from 'execa';

import { poll } from '../../../harness/wait';
import { copyProject } from '../../support/copy';

/** A command that runs, until it is told to end, in a copy of the project that goes with it. */
export interface RunningCommand extends AsyncDisposable {
	folder: string;
	/** All that it has printed. */
	output(): string;
	/** Waits until it has printed something. n8n starts in 15 s, in a minute or two on a machine that is busy. */
	prints(expected: RegExp): Promise<void>;
	/** Sends SIGTERM, and waits until it has ended. */
	end(): Promise<void>;
}

export async function startCommand(program: string, ...args: string[]): Promise<RunningCommand> {
	const folder = await mkdtemp(join(tmpdir(), 'koeiq-copy-'));
	copyProject(folder);
	let text = '';
	const child = execa(program, args, { cwd: folder, reject: false, all: true });
	child.all?.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
	const end = async () => {
		child.kill('SIGTERM', { forceKillAfterTimeout: false });
		await child;
	};
	return {
		folder,
		output: () => text,
		prints: async (expected) => {
			await poll(`${String(expected)} to be printed`, 180_000, () => {
				if (child.exitCode !== null) throw new Error(`It ended, having printed:\n${text}`);
				return expected.test(text);
			});
		},
		end,
		[Symbol.asyncDispose]: async () => {
			await end();
			await rm(folder, { recursive: true, force: true });
		},
	};
}
