import { execFileSync } from 'node:child_process';
import { join } from 'node:path';

import { installN8n } from '../harness/install';
import { sampleOf } from '../harness/koeiq/samples';
import { N8N_VERSION, startN8n, type StartedN8n } from '../harness/n8n';
import { LAZY_ISOLATES } from '../harness/n8n-settings';
import { activateTrigger, CREDENTIAL, triggerWorkflow } from '../harness/trigger';
import { headersOf, load } from './support/load';
import { plot } from './support/plot';
import { untilIdle } from './support/processes';
import { digits, publish, table, type Row } from './support/results';
import { summary } from './support/rounds';

/* How the cost of an accepted event grows, one thing at a time. */

const SECRET = 'the-secret-of-the-benchmark';
const ROUNDS = 5;
const SECONDS = 3;
const BODIES = [300, 3_000, 30_000, 300_000, 1_000_000, 5_000_000];
const CONNECTIONS = [1, 3, 10, 30, 100];
const WORKFLOWS = [1, 10, 50];
const EXECUTIONS = [5_000, 20_000, 100_000];

interface Point {
	at: number;
	/** Milliseconds for each request, over all connections. */
	milliseconds: number;
	lowest: number;
	highest: number;
}

export async function growth(report: (line: string) => void): Promise<void> {
	const n8n = await startN8n({ env: { ...LAZY_ISOLATES, EXECUTIONS_DATA_PRUNE: 'false' }, report });
	try {
		const credential = await n8n.client.createCredential(CREDENTIAL, {
			webhookSecret: SECRET,
		});
		const { url } = await activateTrigger(n8n.client, triggerWorkflow(), credential);
		const pid = n8n.pid();
		const cost = async (body: string, connections: number) => {
			const headers = headersOf(body, SECRET);
			const answered = await load({
				url,
				body,
				headers,
				expects: 200,
				connections,
				seconds: SECONDS,
			});
			await untilIdle([pid]);
			return 1000 / answered.perSecond;
		};
		await cost(bodyOf(300), 10);

		report('growth, size of the body');
		const bodies = await grow(BODIES, (bytes) => cost(bodyOf(bytes), 10), report);
		report('growth, connections');
		const connections = await grow(CONNECTIONS, (count) => cost(bodyOf(300), count), report);

		report('growth, active workflows');
		const workflows: Point[] = [];
		let active = 1;
		for (const wanted of WORKFLOWS) {
			for (; active < wanted; active++) {
				await activateTrigger(n8n.client, triggerWorkflow(), credential);
			}
			workflows.push(...(await grow([wanted], () => cost(bodyOf(300), 10), report)));
		}

		report('growth, stored executions');
		const executions: Point[] = [];
		for (const wanted of EXECUTIONS) {
			await fill(n8n, wanted);
			executions.push(...(await grow([wanted], () => cost(bodyOf(300), 10), report)));
		}

		const series = {
			'size of the body, bytes': bodies,
			connections,
			'active workflows': workflows,
			'stored executions': executions,
		};
		const parts = Object.entries(series).map(([name, points]) => {
			const file = plot(`growth-${name.split(',')[0]?.replaceAll(' ', '-') ?? ''}`, name, points);
			return `## ${name}\n\n![${name}](${file})\n\n${table(points.map(toRow(points)))}`;
		});
		publish(
			'growth',
			{ version: N8N_VERSION, env: LAZY_ISOLATES, series },
			`# How the cost grows\n\nn8n ${N8N_VERSION}, one process, SQLite, \`N8N_EXPRESSION_ENGINE_LAZY_ACQUIRE=true\`, accepted events; 10 connections and 300 bytes but for what is varied. Milliseconds a request over all connections: median of ${ROUNDS} interleaved rounds of ${SECONDS} s, in brackets the lowest and the highest.\n\n${parts.join('\n\n')}`,
		);
	} finally {
		await n8n.stop();
	}
}

async function grow(
	values: number[],
	cost: (value: number) => Promise<number>,
	report: (line: string) => void,
): Promise<Point[]> {
	const measured = values.map((): number[] => []);
	for (let round = 0; round < ROUNDS; round++) {
		for (const [index, value] of values.entries()) measured[index]?.push(await cost(value));
		report(`  round ${round + 1} of ${ROUNDS}`);
	}
	return values.map((at, index) => {
		const { median, lowest, highest } = summary(measured[index] ?? []);
		return { at, milliseconds: median, lowest, highest };
	});
}

function toRow([first]: Point[]) {
	return ({ at, milliseconds, lowest, highest }: Point): Row => ({
		at: at.toLocaleString('en'),
		'ms a request': `${digits(milliseconds)} (${digits(lowest)}–${digits(highest)})`,
		'to the first': digits(milliseconds / (first?.milliseconds ?? NaN)),
	});
}

/** An analytics event of about so many bytes. */
function bodyOf(bytes: number): string {
	const sample = sampleOf('analytics.completed');
	sample.data.summary = 'x'.repeat(Math.max(0, bytes - JSON.stringify(sample).length));
	return JSON.stringify(sample);
}

/** Has so many executions stored, all copies of the newest that n8n has stored itself. */
async function fill(n8n: StartedN8n, wanted: number): Promise<void> {
	const { node } = await installN8n(N8N_VERSION, () => {});
	const database = join(n8n.folder, '.n8n/database.sqlite');
	execFileSync(node, ['--no-warnings', '-e', COPY, database, String(wanted)]);
}

/** For n8n's own Node, which has SQLite. */
const COPY = `
const { DatabaseSync } = require('node:sqlite');
const [database, wanted] = process.argv.slice(1);
const db = new DatabaseSync(database, { timeout: 60000 });
const columns = (table, id) => db.prepare('pragma table_info(' + table + ')').all()
	.map(({ name }) => name).filter((name) => name !== id).map((name) => '"' + name + '"').join();
const { newest, stored } = db.prepare('select max(id) newest, count(*) stored from execution_entity').get();
const numbers = 'with recursive n(i) as (select 1 union all select i + 1 from n where i < ' + (wanted - stored) + ')';
if (wanted > stored) for (const [table, id] of [['execution_entity', 'id'], ['execution_data', 'executionId']]) {
	const rest = columns(table, id);
	db.exec(numbers + ' insert into ' + table + ' ("' + id + '",' + rest + ') select ' + newest + ' + i,' + rest +
		' from n, ' + table + ' where "' + id + '" = ' + newest);
}
`;
