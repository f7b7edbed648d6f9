import { spawn } from 'node:child_process';
import { once } from 'node:events';

import { poll } from '../../../harness/wait';

/** A command of this project that runs until it is told to end. */
export interface RunningCommand {
	/** All that it has printed. */
	output(): string;
	/** Waits until it has printed something, in so many milliseconds at most. */
	prints(expected: RegExp, milliseconds: number): Promise<RegExpExecArray | null>;
	/** Sends SIGTERM, and waits until it has ended. Safe to call twice. */
	end(): Promise<void>;
}

export function startCommand(
	[program = '', ...args]: string[],
	cwd: string,
	env: NodeJS.ProcessEnv = {},
): RunningCommand {
	let text = '';
	const child = spawn(program, args, { cwd, env: { ...process.env, ...env } });
	for (const stream of [child.stdout, child.stderr]) {
		stream.setEncoding('utf8').on('data', (chunk: string) => {
			text += chunk;
		});
	}
	const hasEnded = () => child.exitCode !== null || child.signalCode !== null;
	return {
		output: () => text,
		prints: async (expected, milliseconds) => {
			let found: RegExpExecArray | null = null;
			await poll(`${String(expected)} to be printed`, milliseconds, () => {
				found = expected.exec(text);
				if (found === null && hasEnded()) throw new Error(`It ended, having printed:\n${text}`);
				return found !== null;
			});
			return found;
		},
		end: async () => {
			if (hasEnded()) return;
			const ended = once(child, 'exit');
			child.kill('SIGTERM');
			await ended;
		},
	};
}
