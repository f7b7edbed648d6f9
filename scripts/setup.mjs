/* Plain Node, so that it runs on a clone where nothing is installed yet. */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { NPM } from '../harness/npm.cjs';

export const PROJECT = dirname(dirname(fileURLToPath(import.meta.url)));

/** Installs the development dependencies if they are missing or not those of the lock file, and the inbox's. */
export function installDependencies() {
	const [major, minor] = process.versions.node.split('.').map(Number);
	if (major < 20 || (major === 20 && minor < 15)) {
		fail(`Node ${process.versions.node} is too old: install Node 20.15 or later.`);
	}
	install('', 'the development dependencies (npm ci; 470 MB, about a minute)');
	installInbox();
}

/** Installs what the inbox is built with and needs to run, if it is missing or not that of its lock file. */
export function installInbox() {
	install('inbox', 'the dependencies of the inbox (npm ci; 30 MB, some seconds)');
}

function install(folder, what) {
	const stamp = join(PROJECT, folder, 'node_modules', '.n8n-nodes-koeiq');
	const wanted = createHash('sha256')
		.update(readFileSync(join(PROJECT, folder, 'package-lock.json')))
		.digest('hex');
	if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return;

	say(`Installing ${what} …`);
	if (runNpm('ci', '--prefix', join(PROJECT, folder)) !== 0) {
		fail(
			'npm ci failed. Its message is above: most often the network, a proxy or the disk. Put it right, then run this again.',
		);
	}
	writeFileSync(stamp, wanted);
}

/** Runs npm with this process's output; returns its exit code. */
export function runNpm(...args) {
	return runNode(NPM, ...args);
}

/** Runs a program in Node with this process's output; returns its exit code. */
export function runNode(...args) {
	return spawnSync(process.execPath, args, { cwd: PROJECT, stdio: 'inherit' }).status ?? 1;
}

export function say(line) {
	process.stderr.write(`${line}\n`);
}

export function fail(line) {
	say(line);
	process.exit(1);
}
