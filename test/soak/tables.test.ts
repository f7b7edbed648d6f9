import { setTimeout as sleep } from 'node:timers/promises';

import fc from 'fast-check';

import type { N8nClient } from '../../harness/client';
import { isFinished } from '../../harness/execution';
import { deliver } from '../../harness/koeiq/sender';
import { sampleOf } from '../../harness/koeiq/samples';
import { startN8n, type StartedN8n } from '../../harness/n8n';
import { LAZY_ISOLATES } from '../../harness/n8n-settings';
import { deployedDatabaseSettings } from '../../harness/queue';
import { startPostgres } from '../../harness/services';
import { StandIn } from '../../harness/stand-in';
import { setField, template } from '../../harness/templates';
import { nodeOf } from '../../harness/workflow';
import { event } from '../support/event';
import { disposedAfterAll } from '../support/disposed';
import { startTemplate } from '../support/started';
import { describeWithDataTables, N8N_TEST_VERSION } from '../support/version';

/*
 * The templates with data tables while many events come at once, on each database of n8n. n8n's tables have no unique
 * key, and its upsert is an update and then an insert.
 */

const SECRET = 'the-secret-of-the-table-tests';
const SEED = 20_261_125;
/** Runs that are under way at once. Each takes some 8 MB of n8n for its expressions. */
const AT_ONCE = 50;
/** Requests that wait for a run to begin. With more, some would wait longer than a sender does. */
const CONNECTIONS = 20;
/** After so long without one more run that has ended, the rest is given up. */
const IDLE_TIMEOUT_MS = 120_000;

const TRANSCRIPTION = JSON.stringify(sampleOf('transcription.completed'));
const ANALYTICS = JSON.stringify(sampleOf('analytics.completed'));
const ALERT = JSON.stringify(sampleOf('alert.triggered'));

describeWithDataTables('many events at once', () => {
	describe.each(['SQLite', 'PostgreSQL'])('on %s', (database) => {
		const started = disposedAfterAll();
		let n8n: StartedN8n;

		beforeAll(async () => {
			const settings =
				database === 'PostgreSQL' ? deployedDatabaseSettings(await started(startPostgres())) : {};
			const limit = { N8N_CONCURRENCY_PRODUCTION_LIMIT: String(AT_ONCE) };
			const env = { ...LAZY_ISOLATES, ...limit, ...settings };
			n8n = await started(startN8n({ version: N8N_TEST_VERSION, env }));
		}, 600_000);

		test('500 events of 100 calls, each twice and in any order, make 100 rows that are right', async () => {
			const { url, workflowId } = await startTemplate(n8n.client, template('call-table'), SECRET);
			const calls = Array.from({ length: 100 }, (_, number) => makeCall(number));
			const events = calls.flatMap((call) => call.events);
			const sent = shuffled([...events, ...events], SEED);
			const began = performance.now();
			const statuses = await deliverAll(url, sent);
			const runs = await ended(n8n.client, workflowId, sent.length + 1);

			const rows = await n8n.client.tableRows('KoeIQ calls');
			const wrong = calls.flatMap(({ row }) => {
				const found = rows.find(({ voicelog_id }) => voicelog_id === row.voicelog_id);
				return Object.entries(row)
					.filter(([name, value]) => !isSame(found?.[name], value))
					.map(([name, value]) => `${String(row.voicelog_id)} ${name}: ${String(value)}`);
			});
			report(database, 'call-table', {
				events: events.length,
				deliveries: sent.length,
				answers: countOf(statuses),
				runs,
				seconds: Math.round((performance.now() - began) / 1000),
				rows: rows.length,
				'fields that differ': wrong.length,
			});
			expect(wrong.slice(0, 10)).toEqual([]);
			expect(rows).toHaveLength(calls.length);
			expect(countOf(statuses)).toEqual({ 200: sent.length });
			expect(runs).toEqual({ success: sent.length + 1 });
		}, 900_000);

		test('an event that comes again while its first run is under way is handled once', async () => {
			const service = await started(StandIn.start(() => ({ delay: 3_000 })));
			const workflow = template('exactly-once');
			setField(workflow, 'Settings', 'wait_seconds', 5);
			Object.assign(nodeOf(workflow, 'Do the work'), service.node());
			const { url, workflowId } = await startTemplate(n8n.client, workflow, SECRET);
			const ids = Array.from({ length: 50 }, (_, number) => `vl_once_${number}`);
			const events = ids.map((voicelog_id) => event(ALERT, { voicelog_id }));
			const sent = shuffled([...events, ...events, ...events], SEED);
			const statuses = await deliverAll(url, sent);
			const runs = await ended(n8n.client, workflowId, sent.length + 1);

			const handled = service.accepted.map((body) => (body as Alert).data.voicelog_id);
			report(database, 'exactly-once', {
				events: events.length,
				deliveries: sent.length,
				answers: countOf(statuses),
				runs,
				handled: new Set(handled).size,
				'handled again': handled.length - new Set(handled).size,
			});
			expect(handled.sort()).toEqual(ids.sort());
			expect(countOf(statuses)).toEqual({ 200: sent.length });
			expect(runs).toEqual({ success: sent.length + 1 });
		}, 900_000);
	});
});

interface Alert {
	data: { voicelog_id: string };
}

/** Five events of a call, as they happened, and the row that is right after all of them. */
function makeCall(number: number): { events: string[]; row: Record<string, unknown> } {
	const call = { voicelog_id: `vl_${number}`, call_id: `CALL-${number}` };
	const at = (minute: number) => ({
		timestamp: new Date(Date.UTC(2026, 2, 17, 9, minute, number % 60)).toISOString(),
	});
	const score = 50 + (number % 50);
	const summary = `What call ${number} was about.`;
	return {
		events: [
			event(TRANSCRIPTION, { ...call, department: 'Support', duration_seconds: number }, at(0)),
			event(ANALYTICS, { ...call, quality_score: 10, sentiment_overall: 0.1, summary }, at(1)),
			event(ALERT, { ...call, operator_id: 'OP-of-the-alert' }, at(2)),
			// What it leaves out stays.
			event(
				ANALYTICS,
				{ ...call, quality_score: score, sentiment_overall: null, summary: null },
				at(3),
			),
			event(
				TRANSCRIPTION,
				{ ...call, department: 'Sales', duration_seconds: null, operator_id: null },
				at(4),
			),
		],
		row: {
			...call,
			call_date: '2026-03-17',
			department: 'Sales',
			operator_id: 'OP-of-the-alert',
			duration_seconds: number,
			quality_score: score,
			sentiment_overall: 0.1,
			summary,
			transcribed_at: new Date(at(4).timestamp),
			analysed_at: new Date(at(3).timestamp),
		},
	};
}

function isSame(found: unknown, value: unknown): boolean {
	return value instanceof Date ? Date.parse(String(found)) === value.getTime() : found === value;
}

function shuffled<T>(all: T[], seed: number): T[] {
	const whole = { minLength: all.length, maxLength: all.length };
	const [made = []] = fc.sample(fc.shuffledSubarray(all, whole), { seed, numRuns: 1 });
	return made;
}

/** @returns the status of each answer, and 0 where none came */
async function deliverAll(url: string, payloads: readonly string[]): Promise<number[]> {
	const statuses: number[] = [];
	const left = payloads.values();
	const connection = async () => {
		for (const payload of left) {
			statuses.push(
				await deliver(url, SECRET, payload).then(
					({ status }) => status,
					() => 0,
				),
			);
		}
	};
	await Promise.all(Array.from({ length: CONNECTIONS }, connection));
	return statuses;
}

/** Waits for so many runs to end, and counts them by their status; fewer if no more end. */
async function ended(
	client: N8nClient,
	workflowId: string,
	expected: number,
): Promise<Record<string, number>> {
	let done = 0;
	let statuses: string[] = [];
	for (let at = Date.now(); done < expected && Date.now() - at < IDLE_TIMEOUT_MS;) {
		await sleep(2_000);
		statuses = await client.statuses(workflowId);
		const now = statuses.filter((status) => isFinished({ status })).length;
		if (now > done) at = Date.now();
		done = now;
	}
	return countOf(statuses);
}

/** How often each of them is there. */
function countOf(all: ReadonlyArray<string | number>): Record<string, number> {
	const counts: Record<string, number> = {};
	for (const one of all) counts[one] = (counts[one] ?? 0) + 1;
	return counts;
}

function report(database: string, name: string, figures: object): void {
	process.stderr.write(`${name} on ${database}: ${JSON.stringify(figures)}\n`);
}
