import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type * as Cache from '../../harness/cache';
import { HarnessError } from '../../harness/report';

/* Where the cache is follows these, read when the module is loaded. */
const base = mkdtempSync(join(tmpdir(), 'koeiq-cache-'));
const before = { ...process.env };

let cached: typeof Cache.cached;
let folder: string;

beforeAll(() => {
	Object.assign(process.env, { HOME: base, XDG_CACHE_HOME: base, LOCALAPPDATA: base });
	const cache = jest.requireActual<typeof Cache>('../../harness/cache');
	cached = cache.cached;
	folder = cache.CACHE_FOLDER;
	expect(folder.startsWith(base)).toBe(true);
});

afterAll(() => {
	process.env = before;
	rmSync(base, { recursive: true, force: true });
});

const silent = () => undefined;
const write = async (target: string) => {
	writeFileSync(join(target, 'whole'), 'yes');
};

test('fills a folder once, and gives it again', async () => {
	const fill = jest.fn(write);
	const first = await cached('once', 0, fill, silent);
	expect(await cached('once', 0, fill, silent)).toBe(first);
	expect(fill).toHaveBeenCalledTimes(1);
	expect(readFileSync(join(first, 'whole'), 'utf8')).toBe('yes');
});

test('lets the second of two at once wait for the first, and says so', async () => {
	let waiting = (): void => {};
	const isWaiting = new Promise<void>((resolve) => (waiting = resolve));
	let filling = (): void => {};
	const isFilling = new Promise<void>((resolve) => (filling = resolve));
	const fill = jest.fn(async (target: string) => {
		filling();
		await isWaiting;
		await write(target);
	});
	const first = cached('two', 0, fill, silent);
	await isFilling;
	const second = cached('two', 0, fill, (line) => {
		expect(line).toContain('waiting');
		waiting();
	});
	expect(await second).toBe(await first);
	expect(fill).toHaveBeenCalledTimes(1);
});

test('does again what was cut off', async () => {
	mkdirSync(join(folder, 'cut.partial'), { recursive: true });
	writeFileSync(join(folder, 'cut.partial', 'half'), 'yes');
	const failing = async (target: string) => {
		await write(target);
		throw new Error('cut off');
	};
	await expect(cached('cut', 0, failing, silent)).rejects.toThrow('cut off');
	const done = await cached('cut', 0, write, silent);
	expect([existsSync(join(done, 'whole')), existsSync(join(done, 'half'))]).toEqual([true, false]);
});

test('says so where the disk is too full', async () => {
	const filled = cached('huge', 1e9, write, silent);
	await expect(filled).rejects.toThrow(HarnessError);
	await expect(filled).rejects.toThrow(/Not enough space on the disk: .* needs 1000000000 GB/);
});
