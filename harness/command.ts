import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { createInterface } from 'node:readline';

import execa, { type ExecaError } from 'execa';

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
 * @throws {HarnessError} that names the purpose and the likely reason if it fails
 */
export async function run(
	purpose: string,
	[program = '', ...args]: string[],
	{ cwd, env = process.env, onLine }: CommandOptions,
): Promise<string> {
	const options = { cwd, env, extendEnv: false, stdin: 'ignore', all: true } as const;
	const child = execa(program, args, options);
	if (onLine !== undefined && child.all !== undefined) {
		createInterface({ input: child.all }).on('line', (line) => {
			if (line.trim() !== '') onLine(line.trim());
		});
	}
	try {
		return (await child).stdout;
	} catch (error) {
		const { all = '', exitCode, originalMessage = '' } = error as Partial<ExecaError>;
		throw new HarnessError(
			exitCode === undefined
				? `Could not ${purpose}: ${originalMessage}`
				: `Could not ${purpose}. ${explain(all)}`,
		);
	}
}

/** A program's file on the path, or `undefined`. */
export function findProgram(name: string): string | undefined {
	// Where Debian keeps servers, and a person's path does not look.
	const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin'];
	return folders.map((folder) => join(folder, name)).find((file) => existsSync(file));
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
