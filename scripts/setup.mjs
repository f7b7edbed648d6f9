/* Plain Node, so that it runs on a clone where nothing is installed yet. */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { NPM } from '../harness/npm.cjs';

export const PROJECT = dirname(dirname(fileURLToPath(import.meta.url)));

/** The folders that have a lock file, and what `npm ci` puts there. */
const FOLDERS = {
	'.': 'the development dependencies (470 MB, about a minute)',
	bench: 'what only the benchmarks need (40 MB)',
	inbox: 'what the inbox needs (40 MB)',
	mutation: 'what only mutation testing needs (66 MB)',
};

/**
 * Installs the packages of a folder if they are missing or not those of its lock file.
 *
 * @param {keyof typeof FOLDERS} [folder]
 */
export function installDependencies(folder = '.') {
	const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
	if (major < 20 || (major === 20 && minor < 15)) {
		fail(`Node ${process.versions.node} is too old: install Node 20.15 or later.`);
	}
	const stamp = join(PROJECT, folder, 'node_modules/.n8n-nodes-koeiq');
	const wanted = createHash('sha256')
		.update(readFileSync(join(PROJECT, folder, 'package-lock.json')))
		.digest('hex');
	if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return;

	say(`Installing ${FOLDERS[folder]} with npm ci …`);
	if (runNpm('ci', '--prefix', folder) !== 0) {
		fail(
			'npm ci failed. Its message is above: usually the network, a proxy or the disk. Fix that, then run this again.',
		);
	}
	writeFileSync(stamp, wanted);
}

/** Compiles the package into `dist/`. */
export function build() {
	say('Building the package …');
	if (runNpm('run', '--silent', 'build') !== 0) fail('The build failed: its messages are above.');
}

/**
 * Runs npm with this process's output.
 *
 * @param {string[]} args
 * @returns {number} its exit code
 */
export function runNpm(...args) {
	return runNode([NPM, ...args]);
}

/**
 * Runs a program in Node with this process's output.
 *
 * @param {string[]} args
 * @param {NodeJS.ProcessEnv} [env] added to this process's own
 * @returns {number} its exit code
 */
export function runNode(args, env = {}) {
	const options = { cwd: PROJECT, env: { ...process.env, ...env } };
	return spawnSync(process.execPath, args, { ...options, stdio: 'inherit' }).status ?? 1;
}

/**
 * Tells the person at the keyboard, so that standard output is the command's own.
 *
 * @param {string} line
 */
export function say(line) {
	process.stderr.write(`${line}\n`);
}

/**
 * @param {string} line
 * @returns {never}
 */
export function fail(line) {
	say(line);
	process.exit(1);
}
