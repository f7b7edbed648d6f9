/* npm test: everything, in the order in which it fails soonest. `npm test -- unit` runs one part. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { installDependencies, runNode, runNpm, say } from './setup.mjs';

const PARTS = {
	lint: () => check(runNpm('run', '--silent', 'lint')),
	types: () => check(runNpm('run', '--silent', 'typecheck')),
	build: () => check(runNpm('run', '--silent', 'build')),
	scan: () => check(runNode('scripts/scan.mjs', '.')),
	unit: () => jest('unit'),
	release: () => jest('harness', 'release'),
	zod: () => jest('zod-3.22', 'zod-4'),
	integration: () => jest('integration'),
	inbox: () => jest('inbox'),
	e2e: () => jest('e2e'),
	browser: () => jest('browser'),
	queue: () => jest('queue'),
	stress: () => jest('stress'),
};

installDependencies();
const chosen = process.argv.slice(2);
const unknown = chosen.filter((name) => !(name in PARTS));
if (unknown.length > 0) {
	say(`There is no part ${unknown.join(', ')}: choose from ${Object.keys(PARTS).join(', ')}.`);
	process.exit(1);
}

const counts = { passed: 0, failed: 0, skipped: 0 };
for (const [name, part] of Object.entries(PARTS)) {
	if (chosen.length > 0 && !chosen.includes(name)) continue;
	say(`\n── ${name}`);
	const { passed, failed, skipped = 0 } = part();
	counts.passed += passed;
	counts.failed += failed;
	counts.skipped += skipped;
}
const skipped = counts.skipped > 0 ? `, ${counts.skipped} skipped` : '';
console.log(`\n${counts.passed} passed, ${counts.failed} failed${skipped}`);
process.exitCode = counts.failed > 0 ? 1 : 0;

/** A command counts as one test. */
function check(exitCode) {
	return exitCode === 0 ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 };
}

/** Counts the tests of jest projects; a file that could not run, or no test at all, is a failure. */
function jest(...projects) {
	const folder = mkdtempSync(join(tmpdir(), 'koeiq-jest-'));
	const file = join(folder, 'results.json');
	try {
		const exitCode = runNode(
			'node_modules/jest/bin/jest.js',
			'--selectProjects',
			...projects,
			'--json',
			`--outputFile=${file}`,
			'--reporters=default',
		);
		const results = JSON.parse(readFileSync(file, 'utf8'));
		const failed = results.numFailedTests + results.numRuntimeErrorTestSuites;
		return {
			passed: results.numPassedTests,
			failed: exitCode !== 0 || results.numTotalTests === 0 ? Math.max(failed, 1) : failed,
			skipped: results.numPendingTests,
		};
	} catch {
		say(`jest ended without results for ${projects.join(' and ')}.`);
		return { passed: 0, failed: 1 };
	} finally {
		rmSync(folder, { recursive: true, force: true });
	}
}
