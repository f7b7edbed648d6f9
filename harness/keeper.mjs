/*
 * Runs a program for as long as its own standard input is open. The starter holds the other end, so that the
 * program ends with it, however the starter ends, and its folder goes too. Where the program ends by itself, its
 * folder stays. The program's id is in FOLDER/pid.
 *
 * Usage: keeper.mjs FOLDER PROGRAM [ARGUMENT …], as the leader of a process group
 */
import { spawn } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const GRACE_MILLISECONDS = 15_000;

const [folder = '', program = '', ...args] = process.argv.slice(2);
const child = spawn(program, args, { stdio: ['ignore', 'inherit', 'inherit'] });
let stopping = false;
writeFileSync(join(folder, 'pid'), String(child.pid));

// What is sent to the group is meant for the program and the processes it has started.
process.on('SIGTERM', () => {});

process.stdin.resume().on('close', () => {
	stopping = true;
	toGroup('SIGTERM');
	setTimeout(() => child.kill('SIGKILL'), GRACE_MILLISECONDS).unref();
});

child.on('exit', () => {
	if (stopping) rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
	toGroup('SIGKILL');
	process.exit(1);
});

/** @param {NodeJS.Signals} signal */
function toGroup(signal) {
	if (process.platform === 'win32') child.kill(signal);
	else process.kill(-process.pid, signal);
}
