import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createInterface } from 'node:readline';

import { PROJECT, say } from './setup.mjs';

/** Milliseconds that any program may take: CI is not kept waiting by one that stands still. */
const MOST = 3_600_000;
/** Milliseconds from its results to its end. */
const FROM_RESULTS_TO_END = 60_000;
/** Milliseconds from its end to the last of its output, which what it left behind could keep open. */
const FROM_END_TO_OUTPUT = 5_000;

/**
 * Runs a program in Node. One that does not end is ended, and has failed: whatever it left open, nobody waits for it.
 *
 * @param {string[]} args
 * @param {object} [options]
 * @param {NodeJS.ProcessEnv} [options.env] added to this process's own
 * @param {(line: string) => void} [options.onLine] gets its output; without it, it has this process's
 * @param {string} [options.results] the file that it writes when its work is done
 * @param {number} [options.grace] milliseconds that it may go on for after that
 * @returns {Promise<number>} its exit code; 1 if it was ended
 */
export async function runProgram(
	args,
	{ env = {}, onLine, results, grace = FROM_RESULTS_TO_END } = {},
) {
	const child = spawn(process.execPath, args, {
		cwd: PROJECT,
		env: { ...process.env, ...env },
		stdio: onLine === undefined ? 'inherit' : ['ignore', 'pipe', 'pipe'],
	});
	const outputs = [child.stdout, child.stderr].filter((output) => output !== null);
	if (onLine !== undefined)
		for (const input of outputs) createInterface({ input }).on('line', onLine);

	/** @type {(problem: string) => void} */
	const end = (problem) => {
		(onLine ?? say)(`${problem} It has failed, and is ended.`);
		child.kill('SIGKILL');
	};
	const most = setTimeout(() => {
		end(`This has run for ${MOST / 60_000} minutes, and is not done.`);
	}, MOST);
	/** @type {NodeJS.Timeout | undefined} */
	let afterResults;
	const look = setInterval(() => {
		if (afterResults !== undefined || results === undefined || !existsSync(results)) return;
		afterResults = setTimeout(() => {
			end(`The results are there, but something is still open after ${grace / 1000} s.`);
		}, grace);
	}, 500);

	child.on('exit', () => {
		setTimeout(() => {
			for (const output of outputs) output.destroy();
		}, FROM_END_TO_OUTPUT).unref();
	});
	try {
		/** @type {Array<number | null>} */
		const [code] = await once(child, 'close');
		return code ?? 1;
	} finally {
		clearInterval(look);
		clearTimeout(most);
		clearTimeout(afterResults);
	}
}
