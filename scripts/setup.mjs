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
	'.': 'the development dependencies (550 MB, about a minute)',
	bench: 'what only the benchmarks need (40 MB)',
	inbox: 'what the inbox needs (40 MB)',
};

/** @param {Array<keyof typeof FOLDERS>} folders whose packages are installed if they differ from the lock file */
export function installDependencies(...folders) {
	const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
	if (major < 20 || (major === 20 && minor < 15)) {
		fail(`Node ${process.versions.node} is too old: install Node 20.15 or later.`);
	}
	for (const folder of folders) {
		const stamp = join(PROJECT, folder, 'node_modules/.n8n-nodes-koeiq');
		const lock = readFileSync(join(PROJECT, folder, 'package-lock.json'));
		const wanted = createHash('sha256').update(lock).digest('hex');
		if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) continue;

		say(`Installing ${FOLDERS[folder]} with npm ci …`);
		if (runNpm('ci', '--prefix', folder) !== 0) {
			fail(
				'npm ci failed: its message is above. Usual reasons are the network, a proxy and the disk.',
			);
		}
		writeFileSync(stamp, wanted);
	}
}

/** Builds the package into `dist/`, and the inbox into `inbox/dist/`. */
export function build() {
	say('Building …');
	if (runNpm('run', '--silent', 'build') !== 0) fail('The build failed: its messages are above.');
}

/** @param {string[]} args of npm, which has this process's output; its exit code is returned */
export function runNpm(...args) {
	return runNode([NPM, ...args]);
}

/**
 * @param {string[]} args of Node, which has this process's output; its exit code is returned
 * @param {NodeJS.ProcessEnv} [env] added to this process's own
 */
export function runNode(args, env = {}) {
	const options = { cwd: PROJECT, env: { ...process.env, ...env } };
	return spawnSync(process.execPath, args, { ...options, stdio: 'inherit' }).status ?? 1;
}

/** @param {string} line for the person at the keyboard: standard output is the command's own */
export function say(line) {
	process.stderr.write(`${line}\n`);
}

/** @param {string} line */
export function fail(line) {
	say(line);
	process.exit(1);
}
