import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';

import { concurrently, type CloseEvent, type Command } from 'concurrently';

import { installN8n, installNode } from '../harness/install';
import { N8N_VERSION } from '../harness/n8n';
import { toStandardError as report } from '../harness/report';
import { installPrograms, PROGRAMS, type Program } from '../harness/system-programs';
import { installNodeCli } from './node-cli';
import type { Part } from './parts.mjs' with { 'resolution-mode': 'import' };

const PROJECT = resolve(__dirname, '..');
/** At a time: what two cores bear. */
const MAX_PARTS = 2;
const LIMIT_MINUTES = { test: 20, all: 20, soak: 60 };

/** Lets jest load packages that are ES modules, as some of the inbox's are. */
const ESM_OPTIONS = '--experimental-vm-modules --disable-warning=ExperimentalWarning';

interface Outcome {
	passed: number;
	failed: number;
	skipped: number;
	/** What jest says of the files in which something failed. */
	problems: string[];
}

/** What jest writes with `--json`. */
interface Results {
	numPassedTests: number;
	numFailedTests: number;
	numPendingTests: number;
	numRuntimeErrorTestSuites: number;
	testResults: Array<{ status: string; message: string }>;
}

/** Installs what parts need, runs them, and prints what failed, the seconds and the count. A part that fails ends no other. */
export async function test(parts: Array<[string, Part]>): Promise<void> {
	const start = Date.now();
	const node24 = await installNeeds(parts.map(([, part]) => part));
	const folder = mkdtempSync(join(tmpdir(), 'koeiq-tests-'));
	const resultsOf = (name: string) => join(folder, `${name}.json`);
	const commandOf = ([name, { command, project = name, needs = [] }]: [string, Part]) => {
		const node = needs.includes('node24') ? `"${node24}" ${ESM_OPTIONS}` : `"${process.execPath}"`;
		const options = `--reporters=default --json --outputFile="${resultsOf(name)}"`;
		return (
			command ?? `${node} node_modules/jest/bin/jest.js ${options} --selectProjects ${project}`
		);
	};
	process.env.PATH = [join(PROJECT, 'node_modules/.bin'), process.env.PATH].join(delimiter);
	const { commands, result } = concurrently(
		parts.map((part) => ({ name: part[0], command: commandOf(part), env: part[1].env })),
		{ cwd: PROJECT, maxProcesses: MAX_PARTS, prefix: 'name', raw: parts.length === 1 },
	);
	for (const [index, command] of commands.entries()) {
		limit(command, LIMIT_MINUTES[parts[index]?.[1].tier ?? 'test']);
	}
	const ends = await result.catch((events: unknown) => events as CloseEvent[]);

	const outcomes = parts.map(([name, { command }], index) => {
		const end = ends.find((event) => event.index === index);
		const isSuccess = end?.exitCode === 0 && !end.killed;
		const outcome =
			command === undefined ? readResults(resultsOf(name), isSuccess) : one(isSuccess);
		return { name, seconds: Math.round(end?.timings.durationSeconds ?? 0), ...outcome };
	});
	rmSync(folder, { recursive: true, force: true });
	for (const { name, failed, problems } of outcomes) {
		// Once more, since what it said is by now far above.
		if (failed > 0)
			console.log(`\n── ${name} failed:\n${problems.join('\n') || 'Its lines above say why.'}`);
	}
	const sum = (key: 'passed' | 'failed' | 'skipped') =>
		outcomes.reduce((total, outcome) => total + outcome[key], 0);
	const times = outcomes.map(({ name, seconds }) => `${name} ${seconds}`);
	console.log(`\nSeconds: ${times.join(', ')}, all ${Math.round((Date.now() - start) / 1000)}`);
	if (sum('skipped') > 0) console.log(`Skipped: ${sum('skipped')}`);
	console.log(`\n${sum('passed')} passed, ${sum('failed')} failed`);
	process.exitCode = sum('failed') > 0 ? 1 : 0;
}

/** @returns the Node of parts that need Node 24 */
async function installNeeds(parts: Part[]): Promise<string> {
	const needs = new Set(parts.flatMap((part) => part.needs ?? []));
	const versions = parts
		.filter((part) => part.needs?.includes('n8n') && process.env.N8N_TEST_IMAGE === undefined)
		.map(({ env }) => env?.N8N_TEST_VERSION ?? process.env.N8N_TEST_VERSION ?? N8N_VERSION);
	const programs = [...needs].filter((need): need is Program => need in PROGRAMS);
	await installPrograms(programs, report);
	for (const version of new Set(versions)) await installN8n(version, report);
	if (needs.has('node-cli')) await installNodeCli();
	return needs.has('node24') ? (await installNode(report)).node : process.execPath;
}

/** Ends what takes too long: jest waits for ever for what a test has left open. */
function limit(command: Command, minutes: number): void {
	let timeout: NodeJS.Timeout | undefined;
	const begin = () => {
		timeout = setTimeout(() => {
			report(`[${command.name}] Ended after ${minutes} minutes.`);
			command.kill('SIGKILL');
		}, minutes * 60_000);
	};
	// The first have been started by now.
	if (command.state === 'started') begin();
	command.timer.subscribe(({ endDate }) => {
		if (endDate === undefined) begin();
		else clearTimeout(timeout);
	});
}

function one(isSuccess: boolean): Outcome {
	return { passed: Number(isSuccess), failed: Number(!isSuccess), skipped: 0, problems: [] };
}

/** Whatever kept jest from running tests, or failed beside them, is one failure. */
function readResults(file: string, isSuccess: boolean): Outcome {
	try {
		const results = JSON.parse(readFileSync(file, 'utf8')) as Results;
		const failed = results.numFailedTests + results.numRuntimeErrorTestSuites;
		const hasFailed = !isSuccess || results.numPassedTests === 0;
		return {
			passed: results.numPassedTests,
			failed: hasFailed ? Math.max(failed, 1) : failed,
			skipped: results.numPendingTests,
			problems: results.testResults.flatMap(({ status, message }) =>
				status === 'failed' ? message : [],
			),
		};
	} catch {
		return one(false);
	}
}
