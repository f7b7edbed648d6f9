import { existsSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { kept } from '../../harness/kept';

const GOES_ON = [process.execPath, '-e', 'setInterval(() => {}, 1000)'];

test('a program starts again after it was killed, and not after it was stopped', async () => {
	const folder = mkdtempSync(join(tmpdir(), 'koeiq-kept-'));
	const program = kept('It', { folder, log: join(folder, 'log') });
	const isReady = async () => await Promise.resolve(existsSync(join(folder, 'pid')));
	const start = async () => {
		await program.start(GOES_ON, { env: process.env, within: 10_000, isReady });
	};

	await start();
	await program.kill();
	expect(program.hasEnded()).toBe(true);
	await start();
	expect(program.hasEnded()).toBe(false);
	await program.stop();
	expect(program.hasEnded()).toBe(true);
	expect(existsSync(folder)).toBe(false);
	await program.stop();
	await expect(start()).rejects.toThrow('It was stopped for good: it is not started.');
});

test('one that ends before it is ready says its last words', async () => {
	const folder = mkdtempSync(join(tmpdir(), 'koeiq-kept-'));
	const program = kept('It', { folder, log: join(folder, 'log') });
	const ends = [process.execPath, '-e', 'console.log("no space left")'];
	const isReady = async () => await Promise.resolve(false);
	await expect(program.start(ends, { env: process.env, within: 10_000, isReady })).rejects.toThrow(
		'It did not start. Its last words:\nno space left',
	);
	await program.stop();
});
