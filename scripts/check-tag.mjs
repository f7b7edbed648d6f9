/*
 * node scripts/check-tag.mjs v0.1.0 owner/repository [folder]: whether this tag of this repository may be published. The
 * package in this folder, or in the one that is named, has to be built: what would be shipped is looked into.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { NPM } from '../harness/npm.cjs';

/** Left to be filled in before the first release. */
const PLACEHOLDERS = /OWNER\/|@example\.com/;

const [tag, repository, folder = '.'] = process.argv.slice(2);
/** @type {{ version: string, repository: { url: string } }} */
const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
/** @type {{ version: string }} */
const lock = JSON.parse(readFileSync(join(folder, 'package-lock.json'), 'utf8'));
const released = /^## \[(\d[^\]]*)\] - \d{4}-\d{2}-\d{2}$/m.exec(
	readFileSync('CHANGELOG.md', 'utf8'),
)?.[1];

const problems = [
	...unless(
		tag === `v${manifest.version}`,
		`The tag is ${tag}, and the version in package.json ${manifest.version}.`,
	),
	...unless(
		lock.version === manifest.version,
		`The version in package-lock.json is ${lock.version}, and in package.json ${manifest.version}: run npm install.`,
	),
	...unless(
		released === manifest.version,
		`The newest release with a date in CHANGELOG.md is ${released}, and the version in package.json ${manifest.version}.`,
	),
	// npm refuses a provenance of another repository than the one that the package names.
	...unless(
		manifest.repository.url === `git+https://github.com/${repository}.git`,
		`package.json names the repository ${manifest.repository.url}, and this is ${repository}.`,
	),
	...shipped().flatMap((file) => {
		const [found] = PLACEHOLDERS.exec(readFileSync(file, 'utf8')) ?? [];
		return unless(found === undefined, `${file} would be shipped with ${found} in it.`);
	}),
];

for (const problem of problems) console.error(problem);
if (problems.length === 0) console.log(`${tag} of ${repository} may be published.`);
process.exitCode = problems.length === 0 ? 0 : 1;

/**
 * @param {boolean} holds
 * @param {string} problem
 */
function unless(holds, problem) {
	return holds ? [] : [problem];
}

/** The files that npm would pack. */
function shipped() {
	const command = [NPM, 'pack', '--dry-run', '--json', '--ignore-scripts'];
	const { stdout } = spawnSync(process.execPath, command, { cwd: folder, encoding: 'utf8' });
	/** @type {[{ files: Array<{ path: string }> }]} */
	const [{ files }] = JSON.parse(stdout);
	return files.map(({ path }) => join(folder, path));
}
