import { mkdir } from 'node:fs/promises';
import { basename, join } from 'node:path';

import { environment, npm, run } from './command';

/**
 * Packs a package as `npm publish` would, without running its scripts.
 *
 * @param what a folder that is built, or `name@version` of one that is published
 * @param folder for the tarball
 * @returns the tarball
 */
export async function pack(what: string, folder: string): Promise<string> {
	const options = ['--ignore-scripts', '--silent', '--pack-destination', folder];
	const packed = await run(`pack ${what}`, npm('pack', what, ...options), {
		cwd: folder,
		env: environment(),
	});
	return join(folder, basename(packed.trim()));
}

/** Unpacks a tarball as npm would. */
export async function unpack(tarball: string, folder: string): Promise<void> {
	await mkdir(folder, { recursive: true });
	const command = ['tar', '-xzf', tarball, '-C', folder, '--strip-components=1'];
	await run(`unpack ${basename(tarball)}`, command, { cwd: folder });
}
