import { spawn } from 'node:child_process';

import { NPM } from './npm.cjs';
import { HarnessError, type Report } from './report';

interface CommandOptions {
	cwd: string;
	env?: NodeJS.ProcessEnv;
	/** Called with every line of output. */
	onLine?: Report;
}

/**
 * Runs a program to its end and returns its standard output.
 *
 * @param purpose what it is for, as in "could not install n8n"
 * @throws {HarnessError} that names the purpose and the likely reason where it fails
 */
export async function run(
	purpose: string,
	[program = '', ...args]: string[],
	{ cwd, env = process.env, onLine }: CommandOptions,
): Promise<string> {
	return await new Promise((resolve, reject) => {
		const child = spawn(program, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
		let stdout = '';
		let tail = '';
		const read = (chunk: string) => {
			tail = (tail + chunk).slice(-20_000);
			for (const line of chunk.split('\n')) if (line.trim() !== '') onLine?.(line.trim());
		};
		child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
			stdout += chunk;
			read(chunk);
		});
		child.stderr.setEncoding('utf8').on('data', read);
		child.on('error', (error) => {
			reject(new HarnessError(`Could not ${purpose}: ${error.message}`));
		});
		child.on('close', (code) => {
			if (code === 0) resolve(stdout);
			else reject(new HarnessError(`Could not ${purpose}. ${explain(tail)}`));
		});
	});
}

/** The command of npm, on the Node that runs this. */
export function npm(...args: string[]): string[] {
	return [process.execPath, NPM, ...args];
}

/**
 * The environment less what npm adds to it for a script of this project (its `ignore-scripts` would leave
 * n8n's native modules unbuilt), but for the settings by which a user reaches the registry.
 */
export function environment(additions: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv {
	const kept =
		/^npm_config_(registry|cache|userconfig|globalconfig|(https?_?)?proxy|noproxy|cafile|ca|strict_ssl)$/i;
	const inherited = Object.entries(process.env).filter(
		([name]) => !/^npm_/i.test(name) || kept.test(name),
	);
	return { ...Object.fromEntries(inherited), ...additions };
}

/** Turns the end of a package manager's output into a sentence that says what to do. */
function explain(output: string): string {
	if (/ENOSPC|no space left/i.test(output)) {
		return 'There is no space left on the disk: free some, then run this again.';
	}
	if (
		/ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|META_FETCH_FAIL/.test(output)
	) {
		return 'The npm registry cannot be reached: check the network and the proxy settings, then run this again.';
	}
	if (/gyp ERR!|not found: (make|python)/i.test(output)) {
		return `A native module has to be compiled and could not be: install python3, make and a C++ compiler, then run this again.\n${lastLines(output)}`;
	}
	return `Its last words:\n${lastLines(output)}`;
}

export function lastLines(output: string): string {
	return output.trim().split('\n').slice(-12).join('\n');
}
