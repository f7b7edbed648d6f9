/* The parts of the tests, in the order in which they fail soonest, and what each needs. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { runNode, runNpm, say } from './setup.mjs';

/**
 * @typedef {{ passed: number, failed: number, skipped?: number }} Count
 *
 * @typedef {Record<'numPassedTests' | 'numFailedTests' | 'numPendingTests' | 'numTotalTests' | 'numRuntimeErrorTestSuites', number>} Results
 *
 * @typedef {object} Part
 * @property {() => Count} run
 * @property {boolean} [long] only `npm run test:all` and `npm test -- <name>` run it
 * @property {Array<'bench' | 'inbox'>} [folders] whose packages it needs
 * @property {string[]} [n8n] the versions of n8n that it needs
 * @property {Array<'browser' | 'redis' | 'postgres' | 'caddy'>} [programs] of the system that it needs
 */

const N8N = process.env.N8N_TEST_VERSION ?? 'default';
const OLDEST_N8N = '1.123.81';

/** @type {Record<string, Part>} */
export const PARTS = {
	lint: {
		folders: ['bench', 'inbox'],
		run: () =>
			inTurn(
				() => runNode(['node_modules/eslint/bin/eslint.js', '.']),
				() =>
					runNode(['node_modules/prettier/bin/prettier.cjs', '--check', '--log-level=warn', '.']),
			),
	},
	types: {
		folders: ['bench', 'inbox'],
		run: () =>
			inTurn(
				() => runNode(['node_modules/typescript/bin/tsc']),
				() => runNode(['node_modules/typescript/bin/tsc', '-p', 'inbox']),
			),
	},
	build: { folders: ['inbox'], run: () => inTurn(() => runNpm('run', '--silent', 'build')) },
	scan: { run: () => inTurn(() => runNode(['scripts/scan.mjs', '.'])) },
	unit: { run: () => jest(['unit']) },
	zod: { run: () => jest(['zod-3.22', 'zod-4']) },
	harness: { run: () => jest(['harness']) },
	release: { run: () => jest(['release']) },
	integration: { run: () => jest(['integration']) },
	inbox: {
		folders: ['inbox'],
		n8n: [N8N],
		programs: ['browser', 'postgres'],
		run: () => jest(['inbox']),
	},
	e2e: { n8n: [N8N], run: () => jest(['e2e']) },
	browser: { n8n: [N8N], programs: ['browser'], run: () => jest(['browser']) },
	'browser-long': {
		long: true,
		n8n: [N8N],
		programs: ['browser'],
		run: () => jest(['browser-long']),
	},
	workshop: { long: true, n8n: [N8N], run: () => jest(['workshop']) },
	queue: {
		long: true,
		n8n: [N8N],
		programs: ['redis', 'postgres', 'caddy'],
		run: () => jest(['queue']),
	},
	'inbox-faults': {
		long: true,
		folders: ['inbox'],
		n8n: [N8N],
		programs: ['postgres'],
		run: () => jest(['inbox-faults']),
	},
	stress: { long: true, n8n: [N8N], run: () => jest(['stress']) },
	versions: {
		long: true,
		n8n: [OLDEST_N8N],
		run: () => jest(['e2e'], { N8N_TEST_VERSION: OLDEST_N8N }),
	},
};

/**
 * Commands count as one test together, which the first that fails ends.
 *
 * @param {Array<() => number>} commands each returns its exit code
 * @returns {Count}
 */
function inTurn(...commands) {
	return commands.every((command) => command() === 0)
		? { passed: 1, failed: 0 }
		: { passed: 0, failed: 1 };
}

/**
 * Counts the tests of jest projects; a file that could not run, or no test at all, is a failure.
 *
 * @param {string[]} projects
 * @param {NodeJS.ProcessEnv} [env]
 * @returns {Count}
 */
function jest(projects, env = {}) {
	const folder = mkdtempSync(join(tmpdir(), 'koeiq-jest-'));
	const file = join(folder, 'results.json');
	try {
		const exitCode = runNode(
			[
				...['node_modules/jest/bin/jest.js', '--selectProjects', ...projects],
				...['--json', `--outputFile=${file}`, '--reporters=default'],
			],
			env,
		);
		/** @type {Results} */
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
