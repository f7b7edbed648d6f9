import { existsSync } from 'node:fs';
import { mkdir, rename, rm, statfs } from 'node:fs/promises';
import { join } from 'node:path';

import envPaths from 'env-paths';
import { check, lock } from 'proper-lockfile';

import { HarnessError, type Report } from './report';

/** The user's cache folder for this project: `~/.cache/n8n-nodes-koeiq` on Linux, or under `XDG_CACHE_HOME`. */
export const CACHE_FOLDER = envPaths('n8n-nodes-koeiq', { suffix: '' }).cache;

/** Left alone for so long, a lock belongs to a process that is gone. */
const STALE_MILLISECONDS = 30_000;

/**
 * A folder in the cache, filled once and used again.
 *
 * Filled under another name and renamed when whole, so that one that was cut off is never taken for done.
 * Of two processes that want it at once, the second waits for the first.
 *
 * @param name of the folder; change it when what it holds changes
 * @param gigabytes of free disk that filling it takes
 * @param fill puts everything into the folder it is given
 */
export async function cached(
	name: string,
	gigabytes: number,
	fill: (folder: string) => Promise<void>,
	report: Report,
): Promise<string> {
	const folder = join(CACHE_FOLDER, name);
	if (existsSync(folder)) return folder;

	await makeFolder(CACHE_FOLDER);
	const release = await acquire(folder, report);
	try {
		if (existsSync(folder)) return folder;
		await checkSpace(gigabytes);
		const partial = `${folder}.partial`;
		await rm(partial, { recursive: true, force: true });
		await mkdir(partial);
		await fill(partial);
		await rename(partial, folder);
		return folder;
	} finally {
		await release();
	}
}

async function makeFolder(folder: string): Promise<void> {
	try {
		await mkdir(folder, { recursive: true });
	} catch (error) {
		throw new HarnessError(`The cache folder ${folder} cannot be made: ${String(error)}`);
	}
}

async function acquire(folder: string, report: Report): Promise<() => Promise<void>> {
	const options = { realpath: false, stale: STALE_MILLISECONDS };
	if (await check(folder, options)) {
		report('Another process is installing the same; waiting for it to finish.');
	}
	const retries = { forever: true, minTimeout: 500, maxTimeout: 500 };
	return await lock(folder, { ...options, update: STALE_MILLISECONDS / 6, retries });
}

async function checkSpace(gigabytes: number): Promise<void> {
	const { bavail, bsize } = await statfs(CACHE_FOLDER);
	const free = (bavail * bsize) / 1e9;
	if (free < gigabytes) {
		throw new HarnessError(
			`Not enough space on the disk: ${CACHE_FOLDER} needs ${gigabytes} GB, ${free.toFixed(1)} GB are free. Free some, or set XDG_CACHE_HOME to a folder on a larger disk.`,
		);
	}
}
