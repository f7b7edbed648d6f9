import fc from 'fast-check';

import { isFinished } from '../../harness/execution';
import { sampleOf } from '../../harness/koeiq/samples';
import { deliver } from '../../harness/koeiq/sender';
import { idOf } from '../../harness/load';
import { startN8n, type StartedN8n } from '../../harness/n8n';
import { LAZY_ISOLATES } from '../../harness/n8n-settings';
import { deployedDatabaseSettings } from '../../harness/queue';
import { startPostgres } from '../../harness/services';
import { StandIn } from '../../harness/stand-in';
import { setField, template } from '../../harness/templates';
import { poll } from '../../harness/wait';
import { nodeOf } from '../../harness/workflow';
import { disposedAfterAll } from '../support/disposed';
import { event } from '../support/event';
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

		/** Has a template get events, and waits until each has been run to its end. */
		async function deliverAll(workflow: ReturnType<typeof template>, events: string[]) {
			const { url, workflowId } = await startTemplate(n8n.client, workflow, SECRET);
			const answers: number[] = [];
			const left = shuffled(events).values();
			const connection = async () => {
				for (const payload of left) answers.push((await deliver(url, SECRET, payload)).status);
			};
			await Promise.all(Array.from({ length: CONNECTIONS }, connection));
			expect(answers).toEqual(events.map(() => 200));
			let statuses: string[] = [];
			await poll('the runs to end', 600_000, async () => {
				statuses = await n8n.client.statuses(workflowId);
				// One more has made the tables.
				return statuses.filter((status) => isFinished({ status })).length > events.length;
			});
			expect(statuses).toEqual(statuses.map(() => 'success'));
		}

		test('500 events of 100 calls, each twice and in any order, make 100 rows that are right', async () => {
			const calls = Array.from({ length: 100 }, (_, number) => makeCall(number));
			const events = calls.flatMap((call) => call.events);
			await deliverAll(template('call-table'), [...events, ...events]);
			const rows = await n8n.client.tableRows('KoeIQ calls');
			const found = calls.map(({ row }) => {
				const made = rows.find(({ voicelog_id }) => voicelog_id === row.voicelog_id) ?? {};
				return Object.fromEntries(Object.keys(row).map((name) => [name, comparable(made[name])]));
			});
			expect(found).toEqual(calls.map(({ row }) => row));
			expect(rows).toHaveLength(calls.length);
		}, 900_000);

		test('an event that comes again while its first run is under way is handled once', async () => {
			const service = await started(StandIn.start(() => ({ delay: 3_000 })));
			const workflow = template('exactly-once');
			setField(workflow, 'Settings', 'wait_seconds', 5);
			Object.assign(nodeOf(workflow, 'Do the work'), service.node());
			const ids = Array.from({ length: 50 }, (_, number) => `vl_once_${number}`);
			const events = ids.map((voicelog_id) => event(ALERT, { voicelog_id }));
			await deliverAll(workflow, [...events, ...events, ...events]);
			expect(service.accepted.map(idOf).sort()).toEqual(ids.sort());
		}, 900_000);
	});
});

/** Five events of a call, as they happened, and the row that is right after all of them. */
function makeCall(number: number): { events: string[]; row: Record<string, unknown> } {
	const call = { voicelog_id: `vl_${number}`, call_id: `CALL-${number}` };
	const at = (minute: number) => ({
		timestamp: new Date(Date.UTC(2026, 2, 17, 9, minute, number % 60)).toISOString(),
	});
	const quality_score = 50 + (number % 50);
	const summary = `What call ${number} was about.`;
	// What the later two leave out stays.
	const better = { quality_score, sentiment_overall: null, summary: null };
	const moved = { department: 'Sales', duration_seconds: null, operator_id: null };
	return {
		events: [
			event(TRANSCRIPTION, { ...call, department: 'Support', duration_seconds: number }, at(0)),
			event(ANALYTICS, { ...call, quality_score: 10, sentiment_overall: 0.1, summary }, at(1)),
			event(ALERT, { ...call, operator_id: 'OP-of-the-alert' }, at(2)),
			event(ANALYTICS, { ...call, ...better }, at(3)),
			event(TRANSCRIPTION, { ...call, ...moved }, at(4)),
		],
		row: {
			...call,
			...{ call_date: '2026-03-17', department: 'Sales', operator_id: 'OP-of-the-alert' },
			...{ duration_seconds: number, quality_score, sentiment_overall: 0.1, summary },
			...{ transcribed_at: at(4).timestamp, analysed_at: at(3).timestamp },
		},
	};
}

/** Each database writes a time in its own way. */
function comparable(value: unknown): unknown {
	const isTime = typeof value === 'string' && /^\d{4}-\d\d-\d\d[T ]\d\d/.test(value);
	return isTime ? new Date(value).toISOString() : value;
}

function shuffled<T>(all: T[]): T[] {
	const whole = { minLength: all.length, maxLength: all.length };
	const [made = []] = fc.sample(fc.shuffledSubarray(all, whole), { seed: SEED, numRuns: 1 });
	return made;
}
