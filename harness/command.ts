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
 * @throws {HarnessError} that names the purpose, with the program's last words, if it fails
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
			`Could not ${purpose}: ${exitCode === undefined ? originalMessage : `its last words:\n${lastLines(all)}`}`,
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

export function lastLines(output: string): string {
	return output.trim().split('\n').slice(-12).join('\n');
}
