/*
 * The parts of the tests, and what each needs. They begin in this order, two at a time: the build, what soonest shows a slip,
 * then what takes longest, so that both cores end together.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { NPM } from '../harness/npm.cjs';
import { runProgram } from './program.mjs';

/**
 * @typedef {object} Count
 * @property {number} passed
 * @property {number} failed
 * @property {number} [skipped]
 * @property {string[]} [problems] what jest says of each file in which something failed
 *
 * @typedef {Record<'numPassedTests' | 'numFailedTests' | 'numPendingTests' | 'numTotalTests' | 'numRuntimeErrorTestSuites', number> & { testResults: Array<{ status: string, message: string }> }} Results
 *
 * @typedef {(args: string[], options?: { env?: NodeJS.ProcessEnv, results?: string }) => Promise<number>} Run as runProgram() does
 *
 * @typedef {object} Part
 * @property {(run: Run) => Promise<Count>} run
 * @property {boolean} [first] the others read what it writes
 * @property {boolean} [fromSources] it does not: nothing has to be built for it
 * @property {boolean} [long] only `npm run test:all` and `npm test -- <name>` run it
 * @property {Array<'bench' | 'inbox'>} [folders] whose packages it needs
 * @property {string[]} [n8n] the versions of n8n that it needs
 * @property {Array<'browser' | 'redis' | 'postgres' | 'caddy'>} [programs] of the system that it needs
 */

/** Nothing to install where the tests run on a container of an image. */
const N8N =
	process.env.N8N_TEST_IMAGE === undefined ? [process.env.N8N_TEST_VERSION ?? 'default'] : [];
const OLDEST_N8N = '1.123.81';

/** @type {Record<string, Part>} */
export const PARTS = {
	build: {
		first: true,
		folders: ['inbox'],
		run: inTurn([NPM, 'run', '--silent', 'build']),
	},
	lint: {
		fromSources: true,
		folders: ['bench', 'inbox'],
		run: inTurn(
			['node_modules/eslint/bin/eslint.js', '.'],
			['node_modules/prettier/bin/prettier.cjs', '--check', '--log-level=warn', '.'],
		),
	},
	browser: { n8n: N8N, programs: ['browser'], run: jest(['browser']) },
	e2e: { n8n: N8N, run: jest(['e2e']) },
	inbox: {
		folders: ['inbox'],
		n8n: N8N,
		programs: ['postgres'],
		// They wait more than they work.
		run: jest(['inbox', '--maxWorkers=3']),
	},
	release: { run: jest(['release']) },
	unit: { fromSources: true, run: jest(['unit']) },
	zod: { fromSources: true, run: jest(['zod-3.22', 'zod-4']) },
	types: {
		fromSources: true,
		folders: ['bench', 'inbox'],
		run: inTurn(
			['node_modules/typescript/bin/tsc'],
			['node_modules/typescript/bin/tsc', '-p', 'inbox'],
		),
	},
	integration: { run: jest(['integration']) },
	harness: { fromSources: true, run: jest(['harness']) },
	scan: { run: inTurn(['scripts/scan.mjs', '.']) },
	stress: { long: true, n8n: N8N, programs: ['postgres'], run: jest(['stress']) },
	queue: {
		long: true,
		n8n: N8N,
		programs: ['redis', 'postgres', 'caddy'],
		run: jest(['queue']),
	},
	'inbox-faults': {
		long: true,
		folders: ['inbox'],
		n8n: N8N,
		programs: ['postgres'],
		run: jest(['inbox-faults']),
	},
	versions: {
		long: true,
		n8n: [OLDEST_N8N],
		run: jest(['e2e', 'templates'], { N8N_TEST_VERSION: OLDEST_N8N }),
	},
	'browser-long': {
		long: true,
		n8n: N8N,
		programs: ['browser'],
		run: jest(['browser-long']),
	},
	workshop: { long: true, folders: ['inbox'], n8n: N8N, run: jest(['workshop']) },
	templates: { long: true, n8n: N8N, run: jest(['templates']) },
	'templates-queue': {
		long: true,
		n8n: N8N,
		programs: ['redis', 'postgres', 'caddy'],
		run: jest(['templates'], { N8N_TEST_MODE: 'queue' }),
	},
	'inbox-browser': {
		long: true,
		folders: ['inbox'],
		n8n: N8N,
		programs: ['browser'],
		run: jest(['inbox-browser']),
	},
};

/**
 * Commands count as one test together, which the first that fails ends.
 *
 * @param {string[][]} commands
 * @returns {Part['run']}
 */
function inTurn(...commands) {
	return async (run) => {
		for (const command of commands) {
			if ((await run(command)) !== 0) return { passed: 0, failed: 1 };
		}
		return { passed: 1, failed: 0 };
	};
}

/**
 * Counts the tests of jest projects; a file that could not run, or no test at all, is a failure.
 *
 * @param {string[]} projects
 * @param {NodeJS.ProcessEnv} [env]
 * @returns {Part['run']}
 */
function jest(projects, env) {
	return async (run) => {
		const folder = mkdtempSync(join(tmpdir(), 'koeiq-jest-'));
		const file = join(folder, 'results.json');
		try {
			const exitCode = await run(
				[
					...['node_modules/jest/bin/jest.js', '--selectProjects', ...projects],
					...['--json', `--outputFile=${file}`, '--reporters=default'],
				],
				{ env, results: file },
			);
			/** @type {Results} */
			const results = JSON.parse(readFileSync(file, 'utf8'));
			const failed = results.numFailedTests + results.numRuntimeErrorTestSuites;
			return {
				passed: results.numPassedTests,
				failed: exitCode !== 0 || results.numTotalTests === 0 ? Math.max(failed, 1) : failed,
				skipped: results.numPendingTests,
				problems: results.testResults
					.filter(({ status }) => status === 'failed')
					.map(({ message }) => message),
			};
		} catch {
			console.error(`jest ended without results for ${projects.join(' and ')}.`);
			return { passed: 0, failed: 1 };
		} finally {
			rmSync(folder, { recursive: true, force: true });
		}
	};
}

/**
 * @param {Part} part
 * @param {(line: string) => void} [onLine] gets what it prints; without it, that goes to this process's output
 * @returns {Promise<Count>}
 */
export async function runPart({ run }, onLine) {
	return await run(async (args, options) => await runProgram(args, { ...options, onLine }));
}
