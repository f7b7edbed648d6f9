import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { environment, npm, run } from '../../harness/command';
import { copyProject } from '../support/copy';

/* SECURITY.md: two builds of one commit are the same bytes, whatever the folder, umask, time zone and locale. */

test('two builds of the same sources are packed into the same bytes', async () => {
	const top = mkdtempSync(join(tmpdir(), 'koeiq-release-'));
	try {
		const [one, other] = await Promise.all([
			digestOfPackage(join(top, 'one'), '022', { TZ: 'UTC', LC_ALL: 'C' }),
			digestOfPackage(join(top, 'deeper/and/other'), '002', {
				TZ: 'Asia/Tokyo',
				LC_ALL: 'ja_JP.UTF-8',
			}),
		]);
		expect(other).toBe(one);
	} finally {
		rmSync(top, { recursive: true, force: true });
	}
}, 120_000);

/** Builds and packs a copy of the sources, as a release does with a clone. */
async function digestOfPackage(
	folder: string,
	umask: string,
	env: NodeJS.ProcessEnv,
): Promise<string> {
	copyProject(folder);
	const tarballs = `${folder}.tarballs`;
	mkdirSync(tarballs);

	const inClone = async (purpose: string, command: string[]) =>
		await run(purpose, ['sh', '-c', `umask ${umask} && exec "$@"`, 'sh', ...command], {
			cwd: folder,
			env: environment(env),
		});
	// git gives the files of a clone their modes by the umask too.
	await inClone('set the modes', ['chmod', '-R', umask === '002' ? 'g+w' : 'g-w', '.']);
	await inClone('build', npm('run', '--silent', 'build:package'));
	const options = ['--ignore-scripts', '--json', '--pack-destination', tarballs];
	const [packed] = JSON.parse(await inClone('pack', npm('pack', ...options))) as [
		{ filename: string },
	];
	return createHash('sha256')
		.update(readFileSync(join(tarballs, packed.filename)))
		.digest('hex');
}
