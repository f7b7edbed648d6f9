import { closeSync, openSync } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';

import execa, { type ExecaChildProcess } from 'execa';

import { findProgram, lastLines } from './command';
import type { Started } from './disposal';
import { HarnessError } from './report';
import { poll } from './wait';

/** After a SIGTERM; a program that is still there is killed. */
const SHUTDOWN_TIMEOUT_MS = 15_000;

/** A program that runs, or has ended and can be started again. */
export interface Running extends Started {
	/** @throws {HarnessError} if it has ended: its id may be another's by now */
	pid: () => number;
	hasEnded: () => boolean;
	/** Ends it as a power cut would, or with another signal, and waits until it is gone. Its folder stays. */
	kill: (signal?: NodeJS.Signals) => Promise<void>;
	/** Ends it for good and removes its folder. Safe to call twice. */
	stop: () => Promise<void>;
}

export interface Program extends Running {
	/**
	 * Starts the program, if it has ended or never ran, and waits until it is ready.
	 *
	 * @throws {HarnessError} with its last words if it ends first; if it is not ready `within` so many milliseconds; or if
	 * it was stopped: a test that is out of time goes on, and must leave nothing behind
	 */
	start(
		command: string[],
		options: { env: NodeJS.ProcessEnv; within: number; isReady: () => Promise<boolean> },
	): Promise<void>;
}

/**
 * A program that can be started again and again on one folder. It never outlives this process: execa ends it when this
 * one exits, and on Linux the kernel does, even after a crash or inside jest, whose tests see no exit.
 *
 * @param name what messages call it
 * @param log the file to which its output is added
 */
export function programIn(name: string, { folder, log }: { folder: string; log: string }): Program {
	let child: ExecaChildProcess | undefined;
	let isStopped = false;
	const hasEnded = () =>
		child === undefined || child.exitCode !== null || child.signalCode !== null;
	const stop = async () => {
		isStopped = true;
		child?.kill('SIGTERM', { forceKillAfterTimeout: SHUTDOWN_TIMEOUT_MS });
		await child;
		await rm(folder, { recursive: true, force: true, maxRetries: 5 });
	};
	return {
		start: async (command, { env, within, isReady }) => {
			if (isStopped) throw new HarnessError(`${name} was stopped for good: it is not started.`);
			child = launch(command, log, env);
			await poll(`${name} to start`, within, async () => {
				if (!hasEnded()) return await isReady();
				const words = lastLines(await readFile(log, 'utf8'));
				throw new HarnessError(`${name} did not start. Its last words:\n${words}`);
			});
		},
		pid: () => {
			if (child?.pid === undefined || hasEnded()) throw new HarnessError(`${name} does not run.`);
			return child.pid;
		},
		hasEnded,
		kill: async (signal = 'SIGKILL') => {
			child?.kill(signal, { forceKillAfterTimeout: false });
			await child;
		},
		stop,
		[Symbol.asyncDispose]: stop,
	};
}

function launch(command: string[], log: string, env: NodeJS.ProcessEnv): ExecaChildProcess {
	const output = openSync(log, 'a');
	const [file = '', ...args] = [...endedByTheKernel(), ...command];
	const options = { env, extendEnv: false, reject: false, buffer: false } as const;
	const child = execa(file, args, { ...options, stdio: ['ignore', output, output] });
	closeSync(output);
	return child;
}

/** Has the kernel kill a program as soon as its starter is gone. */
function endedByTheKernel(): string[] {
	const setpriv = process.platform === 'linux' ? findProgram('setpriv') : undefined;
	return setpriv === undefined ? [] : [setpriv, '--pdeathsig=KILL'];
}
