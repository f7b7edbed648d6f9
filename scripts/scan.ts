import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

import { pack, unpack } from '../harness/pack';
import { HarnessError } from '../harness/report';
import { runCommand } from './command';

/*
 * n8n's official scan, on what it looks at after a release, but offline: the sources that the package was built from,
 * and the package itself.
 */

const SCAN = '@n8n/scan-community-package';
/** As the scan's own analyzePackageByName() has it. */
const PACKAGE_FILE_PATTERNS = ['**/*.js', 'package.json'];
const PROJECT = resolve(__dirname, '..');

runCommand('npm run scan', async () => {
	if (!existsSync(join(PROJECT, 'dist'))) throw new HarnessError('Not built: npm run build.');
	const folder = await mkdtemp(join(tmpdir(), 'koeiq-scan-'));
	try {
		const unpacked = join(folder, 'package');
		await unpack(await pack(PROJECT, folder), unpacked);
		// The scan leaves an empty folder where temporary files go.
		process.env.TMPDIR = folder;
		const { analyzePackage, SOURCE_FILE_PATTERNS } =
			await import('@n8n/scan-community-package/scanner/scanner.mjs');
		console.log(`${SCAN} ${versionOf(SCAN)}`);
		report('sources', await analyzePackage(PROJECT, SOURCE_FILE_PATTERNS));
		report('package', await analyzePackage(unpacked, PACKAGE_FILE_PATTERNS));
	} finally {
		await rm(folder, { recursive: true, force: true });
	}
});

/** The scan passes what has nothing to look at, and says so in a message: that is no pass here. */
function report(
	name: string,
	{ passed, message, details = '' }: { passed: boolean; message?: string; details?: string },
): void {
	const isPassed = passed && message === undefined;
	console.log(`${name}: ${isPassed ? 'passed' : `failed: ${message}`}${details}`);
	if (!isPassed) process.exitCode = 1;
}

function versionOf(name: string): string {
	const manifest = createRequire(__filename).resolve(`${name}/package.json`);
	return (JSON.parse(readFileSync(manifest, 'utf8')) as { version: string }).version;
}
