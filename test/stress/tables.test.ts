import { setTimeout as sleep } from 'node:timers/promises';

import { deliver } from '../../harness/koeiq/sender';
import { sampleOf } from '../../harness/koeiq/samples';
import type { StartedN8n } from '../../harness/n8n';
import { poll } from '../../harness/wait';
import { DATABASES, startOn } from '../support/databases';
import { Receiver } from '../support/receiver';
import { endedAfterAll } from '../support/opened';
import { startTemplate } from '../support/started';
import { setField, template } from '../../harness/templates';
import { nodeOf as node } from '../../harness/workflow';

/*
 * The templates with a data table, on both databases: many deliveries at once, in any order and more than once. An upsert
 * of n8n's is an UPDATE and then an INSERT: on PostgreSQL, two at once make two rows.
 */

const SECRET = 'the-secret-of-the-table-tests';
const CALLS = 100;
const AT_ONCE = 100;
const UNFINISHED = ['new', 'running', 'waiting'];

describe.each(DATABASES)('on %s', (database) => {
	const receiver = new Receiver();
	const opened = endedAfterAll();
	let n8n: StartedN8n;

	beforeAll(async () => {
		await receiver.start();
		n8n = await opened(startOn(database));
	}, 600_000);

	afterAll(async () => {
		await receiver.stop();
	});

	test('the call table has one right row a call, whatever comes when and however often', async () => {
		const { client } = n8n;
		const { url, workflowId } = await startTemplate(client, template('call-table'), SECRET);
		const events = eventsOfCalls();
		const bodies = shuffle([...events, ...events]).map((event) => JSON.stringify(event));
		await sendAll(url, bodies);
		await quiet(n8n, workflowId, bodies.length);

		const truth = truthOf(events);
		const rows = await client.tableRows('KoeIQ calls');
		const differing = rows.flatMap((row) =>
			Object.entries(truth.get(String(row.voicelog_id)) ?? {}).filter(([name, value]) => {
				const found = row[name];
				return name.endsWith('_at') ? Date.parse(String(found)) !== value : found !== value;
			}),
		);
		const figures = {
			database,
			deliveries: bodies.length,
			calls: truth.size,
			rows: rows.length,
			'rows of events': (await client.tableRows('KoeIQ events')).length,
			'fields compared': rows.length * Object.keys([...truth.values()][0] ?? {}).length,
			'fields that differ': differing.length,
		};
		process.stderr.write(`${JSON.stringify(figures)}\n`);
		expect(figures).toMatchObject({ rows: CALLS, 'fields that differ': 0 });
	}, 300_000);

	test('no event is handled twice, though each comes three times at once and takes a while', async () => {
		const workflow = template('exactly-once');
		setField(workflow, 'Settings', 'wait_seconds', 2);
		Object.assign(node(workflow, 'Do the work'), receiver.node());
		receiver.milliseconds = 500;
		const { url, workflowId } = await startTemplate(n8n.client, workflow, SECRET);
		const bodies = Array.from({ length: 60 }, (_, count) => eventNumber(count));
		await sendAll(url, shuffle([...bodies, ...bodies, ...bodies]));
		await quiet(n8n, workflowId, 3 * bodies.length);

		const times = new Map<string, number>();
		for (const body of receiver.got) {
			const id = JSON.stringify((body as { data: object }).data);
			times.set(id, (times.get(id) ?? 0) + 1);
		}
		const figures = {
			database,
			deliveries: 3 * bodies.length,
			events: bodies.length,
			'handled once': [...times.values()].filter((count) => count === 1).length,
			'handled twice or more': [...times.values()].filter((count) => count > 1).length,
		};
		process.stderr.write(`${JSON.stringify(figures)}\n`);
		expect(figures).toMatchObject({ 'handled once': bodies.length, 'handled twice or more': 0 });
	}, 300_000);
});

interface Made {
	event: string;
	timestamp: string;
	data: Record<string, unknown>;
}

/** Five events of each call: two transcriptions, three analytics, each with some of its fields. */
function eventsOfCalls(): Made[] {
	const minute = (count: number) => new Date(Date.UTC(2026, 2, 17, 9, count)).toISOString();
	return Array.from({ length: CALLS }, (_, call) => {
		const voicelog_id = `vl_${call}`;
		const made = (
			kind: 'transcription.completed' | 'analytics.completed',
			at: number,
			data: object,
		) => {
			const sample = sampleOf(kind);
			return { ...sample, timestamp: minute(at), data: { ...sample.data, voicelog_id, ...data } };
		};
		return [
			made('transcription.completed', 0, { duration_seconds: call }),
			made('transcription.completed', 9, { duration_seconds: null, department: `D${call}` }),
			made('analytics.completed', 1, { quality_score: call % 100, summary: 'first' }),
			made('analytics.completed', 5, { quality_score: null, summary: `second ${call}` }),
			made('analytics.completed', 7, { quality_score: (call * 7) % 100, summary: null }),
		];
	}).flat();
}

/** Each call by itself: of every field, the newest value there is. */
function truthOf(events: Made[]): Map<string, Record<string, unknown>> {
	const columns = [
		...['call_id', 'call_date', 'department', 'operator_id', 'duration_seconds'],
		...['quality_score', 'sentiment_overall', 'summary'],
	];
	const truth = new Map<string, Record<string, unknown>>();
	for (const { event, timestamp, data } of [...events].sort((a, b) =>
		a.timestamp < b.timestamp ? -1 : 1,
	)) {
		const call = truth.get(String(data.voicelog_id)) ?? {};
		for (const name of columns) if ((data[name] ?? null) !== null) call[name] = data[name];
		call[event.startsWith('trans') ? 'transcribed_at' : 'analysed_at'] = Date.parse(timestamp);
		truth.set(String(data.voicelog_id), call);
	}
	return truth;
}

function eventNumber(count: number): string {
	const sample = sampleOf('alert.triggered');
	sample.data.voicelog_id = `vl_${count}`;
	return JSON.stringify(sample);
}

/** The same order in every run. */
function shuffle<T>(list: T[]): T[] {
	let seed = 1;
	return list
		.map((item) => ({ item, rank: (seed = (seed * 48_271) % 2_147_483_647) }))
		.sort((a, b) => a.rank - b.rank)
		.map(({ item }) => item);
}

/** Sends many at once, and each again until it is answered 200: a busy n8n answers 500 and 503. */
async function sendAll(url: string, bodies: string[]): Promise<void> {
	const left = [...bodies];
	await Promise.all(
		Array.from({ length: AT_ONCE }, async () => {
			for (let body = left.pop(); body !== undefined; body = left.pop()) {
				while ((await deliver(url, SECRET, body)).status !== 200) await sleep(1_000);
			}
		}),
	);
}

/** Waits until every run of the workflow has ended, well. */
async function quiet({ client }: StartedN8n, workflowId: string, count: number): Promise<void> {
	await poll(`${count} runs to end`, 240_000, async () => {
		await sleep(2_000);
		const statuses = await client.statuses(workflowId);
		const ended = statuses.filter((status) => !UNFINISHED.includes(status));
		const failed = ended.filter((status) => status !== 'success');
		if (failed.length > 0) throw new Error(`${failed.length} runs: ${failed.join(', ')}`);
		// And the one that made the tables.
		return ended.length > count && ended.length === statuses.length;
	});
}
