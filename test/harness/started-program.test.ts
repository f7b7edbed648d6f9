import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { programIn } from '../../harness/program';
import { poll } from '../../harness/wait';

/* What is started here ends: when it is told to, and with its starter. */

const GOES_ON = [process.execPath, '-e', 'console.log("ready"); setInterval(() => {}, 1000)'];
const WITHIN = { env: process.env, within: 30_000 };

function programInFolder() {
	const folder = mkdtempSync(join(tmpdir(), 'koeiq-program-'));
	const log = join(folder, 'log');
	const isReady = async () => await Promise.resolve(readFileSync(log, 'utf8').includes('ready'));
	return { folder, isReady, program: programIn('It', { folder, log }) };
}

test('a program starts again after it was killed, and not after it was stopped', async () => {
	const { folder, isReady, program } = programInFolder();
	await program.start(GOES_ON, { ...WITHIN, isReady });
	const first = program.pid();
	await program.kill();
	expect([program.hasEnded(), isRunning(first)]).toEqual([true, false]);
	expect(() => program.pid()).toThrow('It does not run.');
	await program.start(GOES_ON, { ...WITHIN, isReady });
	const second = program.pid();
	await program.stop();
	expect([program.hasEnded(), isRunning(second), existsSync(folder)]).toEqual([true, false, false]);
	await program.stop();
	const again = program.start(GOES_ON, { ...WITHIN, isReady });
	await expect(again).rejects.toThrow('It was stopped for good: it is not started.');
});

test('one that ends before it is ready says its last words', async () => {
	const { program } = programInFolder();
	const ends = [process.execPath, '-e', 'console.log("no space left")'];
	const isReady = async () => await Promise.resolve(false);
	await expect(program.start(ends, { ...WITHIN, isReady })).rejects.toThrow(
		'It did not start. Its last words:\nno space left',
	);
	await program.stop();
});

const onLinux = process.platform === 'linux' ? test : test.skip;

onLinux('a program ends with a starter that is killed', async () => {
	const folder = mkdtempSync(join(tmpdir(), 'koeiq-starter-'));
	const file = join(folder, 'pid');
	const command = ['--import', 'tsx', join(__dirname, 'support/starter.ts'), folder];
	const starter = spawn(process.execPath, command, { stdio: ['ignore', 'ignore', 'inherit'] });
	await poll('the program to start', 60_000, () => existsSync(file));
	const pid = Number(readFileSync(file, 'utf8'));
	expect(isRunning(pid)).toBe(true);
	starter.kill('SIGKILL');
	await poll('the program to end', 60_000, () => !isRunning(pid));
});

/** One that has ended keeps its id until its parent asks for it, and in a container there may be nobody who does. */
function isRunning(pid: number): boolean {
	try {
		process.kill(pid, 0);
		return process.platform !== 'linux' || !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
	} catch {
		return false;
	}
}
