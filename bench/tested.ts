import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { N8N_VERSION } from '../harness/n8n';
import { publish, table, type Row } from './support/results';

/* Figures that tests measure: the tests are run, some of them with more tries, and what they note is published. */

const PROJECT = join(__dirname, '..');
const OLDEST_N8N = '1.123.81';

/** Tests of one project, by the end of their file's name. */
interface Run {
	project: string;
	file: string;
	/** A regular expression of the names of the tests; all of the file unless it is said. */
	name?: string;
	env?: NodeJS.ProcessEnv;
	/** Once unless it is said. */
	times?: number;
}

interface Tested {
	runs: Run[];
	/** In Markdown. */
	page: (rows: Row[]) => string;
}

const TEN_TRIES = { INBOX_FAULT_TRIES: '10' };
const onBothVersions = (run: Run): Run[] =>
	[N8N_VERSION, OLDEST_N8N].map((version) => ({ ...run, env: { N8N_TEST_VERSION: version } }));

const WORK = `The last step of each workflow calls a service.
*Run to the end* is an event that the service got, *run twice* one that it got more than once, *lost* one that was answered 200 and that it never got.`;

const TESTED: Record<string, Tested> = {
	'inbox-faults': {
		runs: [{ project: 'inbox-faults', file: 'faults/faults', env: TEN_TRIES }],
		page: (rows) => `# The inbox, broken

Each fault was made so many times in a row, half a second or more apart, while signed events came at up to 40 a second, to an inbox with a target that takes each in 10 ms,
four at a time. *Lost* is an event that was answered 200 and never arrived. *Twice* is an event that arrived twice: at most the four that were under way when something died. What was not answered
200 was sent while nothing listened, or was refused with 503; nothing sent it again. *Arrived* can be more than *answered 200*: an event can be stored, and the connection break before its answer.

${table(rows)}

*The target hangs*: the inbox gives up what is under way after two \`GET\`s in a row that do not say ready, 40 s in this case, and hands the rest on once a \`GET\` says that the target is ready.`,
	},
	'inbox-kills': {
		runs: [
			{ project: 'inbox-faults', file: 'faults/restart', name: 'loses nothing$', env: TEN_TRIES },
		],
		page: (rows) => `# The inbox before a real n8n, which is killed

Ten events a second through the inbox to a workflow that answers *When the Workflow Has Finished*, while n8n, or both, are ended ten times. ${WORK}

${table(rows)}`,
	},
	restart: {
		runs: onBothVersions({ project: 'inbox-faults', file: 'faults/restart', name: 'ordinary' }),
		page: (rows) => `# One ordinary restart of n8n

Ten events a second straight to one workflow that answers *Immediately*, and ten through the inbox to one that answers *When the Workflow Has Finished*, in one stream, while n8n is
stopped as an update stops it, and started again. ${WORK}

${table(rows)}`,
	},
	recover: {
		runs: [
			{ project: 'stress', file: 'stress/recover', times: 3 },
			{ project: 'queue', file: 'queue/recover', times: 2 },
		],
		page: (rows) => `# The template recover, with real runs

n8n ${N8N_VERSION}. The workflow is the template exactly-once, so what is asked for twice is a second request to the service that does the work. A line is one try.

## One process on SQLite, killed three times under load

Two events more can never succeed: they are given up and told. The chat is down until then.

${table(rows.filter(({ kills }) => kills !== undefined))}

## Queue mode, a worker killed, and its folder gone

${table(rows.filter(({ kills }) => kills === undefined))}`,
	},
	replace: {
		runs: [{ project: 'queue', file: 'replace', env: { QUEUE_REPLACE_ROUNDS: '10' } }],
		page: (rows) => `# A webhook processor replaced under load

n8n ${N8N_VERSION} in queue mode with two webhook processors behind the proxy of \`deploy/queue/\`, without the inbox, ten events a second. One webhook processor after the other is stopped as Docker
stops it, and started again; each of them ten times.

${table(rows)}`,
	},
	upload: {
		runs: onBothVersions({ project: 'stress', file: 'stress/upload' }),
		page: (rows) => `# The upload of a long recording

A workflow reads a recording from the disk, and the KoeIQ node uploads it to a KoeIQ on this machine. *MB more* is by how much n8n's memory grew at most, as the kernel counts it: over the
first run from idle on, and over a second one from the moment that the request arrives to its end. In mode *default* of n8n 1, n8n keeps the file in its memory.

${table(rows)}`,
	},
};

export const tested = Object.fromEntries(
	Object.entries(TESTED).map(([name, { runs, page }]) => [
		name,
		async (report: (line: string) => void) => {
			const rows: Row[] = [];
			for (const { times = 1, ...run } of runs) {
				for (let time = 0; time < times; time++) {
					report(`${name}: the tests in ${run.file} …`);
					rows.push(...figuresOf(name, run));
				}
			}
			publish(name, { rows }, page(rows));
			await Promise.resolve();
		},
	]),
);

/** @throws if a test fails, or if none of them notes a figure */
function figuresOf(benchmark: string, { project, file, name, env }: Run): Row[] {
	const folder = mkdtempSync(join(tmpdir(), 'koeiq-figures-'));
	const notes = join(folder, 'notes.jsonl');
	try {
		const { status } = spawnSync(
			process.execPath,
			[
				...['node_modules/jest/bin/jest.js', '--selectProjects', project],
				...['--testPathPatterns', `${file}\\.test`],
				...(name === undefined ? [] : ['--testNamePattern', name]),
			],
			{ cwd: PROJECT, stdio: 'inherit', env: { ...process.env, ...env, KOEIQ_FIGURES: notes } },
		);
		if (status !== 0) throw new Error(`A test in ${file} failed: see above.`);
		const lines = existsSync(notes) ? readFileSync(notes, 'utf8').trim().split('\n') : [];
		const rows = lines.flatMap((line) => {
			const { benchmark: noted, ...row } = JSON.parse(line) as Row;
			return noted === benchmark ? [row] : [];
		});
		if (rows.length === 0) throw new Error(`The tests in ${file} noted no figure.`);
		return rows;
	} finally {
		rmSync(folder, { recursive: true, force: true });
	}
}
