/* Plain Node, so that it runs on a clone where nothing is installed yet. */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { NPM } from '../harness/npm.cjs';

export const PROJECT = dirname(dirname(fileURLToPath(import.meta.url)));

const STAMP = join(PROJECT, 'node_modules', '.n8n-nodes-koeiq');

/** Installs the development dependencies where they are missing or not those of the lock file. */
export function installDependencies() {
	const [major, minor] = process.versions.node.split('.').map(Number);
	if (major < 20 || (major === 20 && minor < 15)) {
		fail(`Node ${process.versions.node} is too old: install Node 20.15 or later.`);
	}
	const wanted = createHash('sha256')
		.update(readFileSync(join(PROJECT, 'package-lock.json')))
		.digest('hex');
	if (existsSync(STAMP) && readFileSync(STAMP, 'utf8') === wanted) return;

	say('Installing the development dependencies (npm ci; 470 MB, about a minute) …');
	if (runNpm('ci') !== 0) {
		fail(
			'npm ci failed. Its message is above: most often the network, a proxy or the disk. Put it right, then run this again.',
		);
	}
	writeFileSync(STAMP, wanted);
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
