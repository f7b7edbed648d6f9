import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { lastLines } from './command';
import { HarnessError } from './report';
import { poll } from './wait';

/** A program that ends when it is told to, or when this process does. */
export interface Kept {
	/** The id of the program itself, not of what keeps it. */
	pid(): Promise<number>;
	hasEnded(): boolean;
	/**
	 * Waits until it is ready.
	 *
	 * @param name what messages call it
	 * @throws {HarnessError} with its last words if it ends first; or after `milliseconds`
	 */
	untilReady(name: string, milliseconds: number, isReady: () => Promise<boolean>): Promise<void>;
	/** Sends the program a signal, and waits until it is gone. Its folder stays. */
	kill(signal: NodeJS.Signals): Promise<void>;
	/** Ends the program and removes its folder. Safe to call twice. */
	stop(): Promise<void>;
}

/**
 * Starts a program in a process group of its own, so that Ctrl-C reaches us first and what it has started ends
 * with it.
 *
 * @param log the file to which its output is added
 */
export function keep(
	program: string[],
	{ folder, log, env }: { folder: string; log: string; env: NodeJS.ProcessEnv },
): Kept {
	const output = openSync(log, 'a');
	const child = spawn(process.execPath, [join(__dirname, 'keeper.mjs'), folder, ...program], {
		env,
		detached: process.platform !== 'win32',
		stdio: ['pipe', output, output],
	});
	closeSync(output);
	const ended = new Promise((done) => child.once('exit', done));
	const hasEnded = () => child.exitCode !== null || child.signalCode !== null;
	const pid = async () => Number(await readFile(join(folder, 'pid'), 'utf8'));
	return {
		pid,
		hasEnded,
		untilReady: async (name, milliseconds, isReady) => {
			await poll(`${name} to start`, milliseconds, async () => {
				if (!hasEnded()) return await isReady();
				const words = lastLines(await readFile(log, 'utf8'));
				throw new HarnessError(`${name} did not start. Its last words:\n${words}`);
			});
		},
		kill: async (signal) => {
			process.kill(await pid(), signal);
			await ended;
		},
		stop: async () => {
			if (hasEnded()) return;
			child.stdin?.end();
			await ended;
		},
	};
}
