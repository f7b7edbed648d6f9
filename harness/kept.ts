import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';

import { lastLines } from './command';
import { HarnessError } from './report';
import { poll } from './wait';

/** A program that ends when it is told to, or when this process does. */
export interface Running {
	/** The id of the program itself, not of what keeps it. */
	pid: () => Promise<number>;
	hasEnded: () => boolean;
	/** Ends it as a power cut would, or with another signal, and waits until it is gone. Its folder stays. */
	kill: (signal?: NodeJS.Signals) => Promise<void>;
	/** Ends it for good and removes its folder. Safe to call twice. */
	stop: () => Promise<void>;
}

export interface Kept extends Running {
	/**
	 * Starts the program, if it has ended or never ran, and waits until it is ready.
	 *
	 * @throws {HarnessError} with its last words if it ends first; or if it is not ready `within` so many milliseconds; or
	 * if it was stopped: a test that is out of time goes on, and must leave nothing behind
	 */
	start(
		program: string[],
		options: { env: NodeJS.ProcessEnv; within: number; isReady: () => Promise<boolean> },
	): Promise<void>;
}

/**
 * A program that can be started again and again on one folder. It is in a process group of its own, so that Ctrl-C reaches
 * us first and what it has started ends with it.
 *
 * @param name what messages call it
 * @param log the file to which its output is added
 */
export function kept(name: string, { folder, log }: { folder: string; log: string }): Kept {
	let keeper: ReturnType<typeof startKeeper> | undefined;
	let isStopped = false;
	const hasEnded = () => keeper?.hasEnded() ?? true;
	const pid = async () => Number(await readFile(join(folder, 'pid'), 'utf8'));
	return {
		start: async (program, { env, within, isReady }) => {
			if (isStopped) throw new HarnessError(`${name} was stopped for good: it is not started.`);
			keeper = startKeeper(program, { folder, log, env });
			await poll(`${name} to start`, within, async () => {
				if (!hasEnded()) return await isReady();
				const words = lastLines(await readFile(log, 'utf8'));
				throw new HarnessError(`${name} did not start. Its last words:\n${words}`);
			});
		},
		pid,
		hasEnded,
		kill: async (signal = 'SIGKILL') => {
			process.kill(await pid(), signal);
			await keeper?.ended;
		},
		stop: async () => {
			isStopped = true;
			if (!hasEnded()) keeper?.end();
			await keeper?.ended;
			await rm(folder, { recursive: true, force: true, maxRetries: 5 });
		},
	};
}

function startKeeper(
	program: string[],
	{ folder, log, env }: { folder: string; log: string; env: NodeJS.ProcessEnv },
) {
	const output = openSync(log, 'a');
	const child = spawn(process.execPath, [join(__dirname, 'keeper.mjs'), folder, ...program], {
		env,
		detached: process.platform !== 'win32',
		stdio: ['pipe', output, output],
	});
	closeSync(output);
	return {
		hasEnded: () => child.exitCode !== null || child.signalCode !== null,
		/** Tells it to end, and the program with it. */
		end: () => child.stdin?.end(),
		ended: new Promise((done) => child.once('exit', done)),
	};
}
