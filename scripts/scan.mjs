/*
 * npm run scan: n8n's official scan, on what it looks at after a release, but offline: the sources that the package
 * was built from, and the package itself. `node scripts/scan.mjs <folder>` scans a folder that is built.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

import { build, fail, installDependencies, PROJECT, runNpm } from './setup.mjs';

const SCAN = '@n8n/scan-community-package';
/** As the scan's own analyzePackageByName() has it. */
const PACKAGE_FILE_PATTERNS = ['**/*.js', 'package.json'];

const given = process.argv[2];
if (given === undefined) {
	installDependencies('.');
	build();
}
const sources = resolve(given ?? PROJECT);
if (!existsSync(join(sources, 'dist')))
	fail(`${sources} is not built: run npm run build:package there.`);

const folder = mkdtempSync(join(tmpdir(), 'koeiq-scan-'));
try {
	const unpacked = join(folder, 'package');
	const tarball = pack(unpacked);

	// The scan leaves an empty folder where temporary files go.
	process.env.TMPDIR = folder;
	// Under jest, it would take every node for one of its own tests.
	delete process.env.NODE_ENV;
	const { analyzePackage, SOURCE_FILE_PATTERNS } =
		await import('@n8n/scan-community-package/scanner/scanner.mjs');
	console.log(`${SCAN} ${versionOf(SCAN)}`);
	report('sources', SOURCE_FILE_PATTERNS, await analyzePackage(sources, SOURCE_FILE_PATTERNS));
	report(tarball, PACKAGE_FILE_PATTERNS, await analyzePackage(unpacked, PACKAGE_FILE_PATTERNS));
} finally {
	rmSync(folder, { recursive: true, force: true });
}

/**
 * Packs the sources, and unpacks that as npm would; returns the tarball's name.
 *
 * @param {string} target
 */
function pack(target) {
	mkdirSync(target);
	const packed = runNpm(
		'pack',
		sources,
		'--ignore-scripts',
		'--loglevel=error',
		'--pack-destination',
		folder,
	);
	const tarball = readdirSync(folder).find((name) => name.endsWith('.tgz'));
	if (packed !== 0 || tarball === undefined) throw new Error(`npm could not pack ${sources}.`);
	const { status } = spawnSync('tar', ['-xzf', tarball, '-C', target, '--strip-components=1'], {
		cwd: folder,
		stdio: 'inherit',
	});
	if (status !== 0) throw new Error(`tar could not unpack ${tarball}.`);
	return tarball;
}

/**
 * The scan passes what has nothing to look at, and says so in a message: that is no pass here.
 *
 * @param {string} name
 * @param {string[]} patterns
 * @param {{ passed: boolean, message?: string, details?: string }} verdict
 */
function report(name, patterns, { passed, message, details = '' }) {
	const verdict = passed && message === undefined ? 'passed' : `failed: ${message}`;
	console.log(`${name} (${patterns.join(', ')}): ${verdict}${details}`);
	if (verdict !== 'passed') process.exitCode = 1;
}

/** @param {string} name */
function versionOf(name) {
	const manifest = createRequire(import.meta.url).resolve(`${name}/package.json`);
	/** @type {{ version: string }} */
	const { version } = JSON.parse(readFileSync(manifest, 'utf8'));
	return version;
}
