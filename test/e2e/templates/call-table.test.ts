import { template } from '../../../harness/templates';
import { event } from '../../support/event';
import { describeWithDataTables } from '../../support/version';
import {
	ALERT,
	ANALYTICS,
	n8nUnderTest,
	TRANSCRIPTION,
	TriggerUnderTest,
} from '../support/trigger';

const TABLE = 'KoeIQ calls';
const SUMMARY = 'Customer called about invoice discrepancy...';
const names = ['quality_score', 'duration_seconds', 'department', 'summary', 'call_date'];

let trigger: TriggerUnderTest;

async function row(id: string): Promise<unknown[][]> {
	const rows = await (await n8nUnderTest()).tableRows(TABLE);
	return rows
		.filter(({ voicelog_id }) => voicelog_id === id)
		.map((found) => names.map((name) => found[name]));
}

describeWithDataTables('a table with one row a call', () => {
	beforeAll(async () => {
		trigger = await TriggerUnderTest.of(template('call-table'));
		await trigger.runManually('Start here once');
	});

	const send = async (...payloads: string[]) => {
		for (const payload of payloads) {
			const { executions } = await trigger.receive(payload);
			expect(executions.map(({ status, error }) => [status, error])).toEqual([
				['success', undefined],
			]);
		}
	};
	const both = [82, 342, 'Support', SUMMARY, '2026-03-17'];

	test.each([
		['the transcription first', [TRANSCRIPTION, ANALYTICS]],
		['the analytics first', [ANALYTICS, TRANSCRIPTION]],
		['each twice', [ANALYTICS, TRANSCRIPTION, TRANSCRIPTION, ANALYTICS]],
	])('has the whole call: %s', async (id, payloads) => {
		await send(...payloads.map((payload) => event(payload, { voicelog_id: id })));
		expect(await row(id)).toEqual([both]);
	});

	const call = { voicelog_id: 'vl_again' };
	const newer = event(
		ANALYTICS,
		{ ...call, quality_score: 55, summary: null },
		{ timestamp: '2026-03-17T10:00:00Z' },
	);
	const older = event(
		ANALYTICS,
		{ ...call, quality_score: 90, summary: 'Late.' },
		{ timestamp: '2026-03-17T08:00:00+00:00' },
	);

	test('a newer event overwrites and leaves what it does not have; an older one changes nothing', async () => {
		await send(event(ANALYTICS, call), newer, older);
		expect(await row('vl_again')).toEqual([[55, null, null, SUMMARY, null]]);
	});

	test.each([
		['a score that is text', { quality_score: 'good' }, [null, null, null, SUMMARY, null]],
		['a summary that is a list', { summary: ['a'] }, [82, null, null, null, null]],
	])('leaves out %s, and keeps the rest', async (id, data, expected) => {
		await send(event(ANALYTICS, { ...data, voicelog_id: id }));
		expect(await row(id)).toEqual([expected]);
	});

	test.each([
		// All of them say that the summary was written after 08:00 UTC.
		['+09', '2026-03-17T18:00:00+09'],
		['+0900', '2026-03-17T18:00:00+0900'],
		['+09:00', '2026-03-17T18:00:00+09:00'],
		['-05', '2026-03-17T04:00-05'],
	])('an older event that comes later changes nothing: an offset %s', async (id, timestamp) => {
		const call = { voicelog_id: id };
		await send(
			event(ANALYTICS, { ...call, quality_score: 55 }, { timestamp: '2026-03-17T10:00:00Z' }),
		);
		await send(event(ANALYTICS, { ...call, quality_score: 90 }, { timestamp }));
		expect(await eventsOf(id)).toMatchObject([
			{ happened_at: '2026-03-17T10:00:00.000Z' },
			{ happened_at: '2026-03-17T09:00:00.000Z' },
		]);
		expect(await row(id)).toMatchObject([[55, null, null, SUMMARY, null]]);
	});

	test.each<[string, unknown]>([
		['"5"', '5'],
		['a day', '2026-03-17'],
		['without an offset', '2026-03-17T09:00:00'],
		['a number', 1_773_738_000_000],
		['null', null],
	])('a timestamp that is no time counts from when it was received: %s', async (id, timestamp) => {
		const began = Date.now();
		await send(event(ANALYTICS, { voicelog_id: id }, { timestamp }));
		const [kept] = await eventsOf(id);
		expect(Date.parse(String(kept?.happened_at))).toBeGreaterThanOrEqual(began);
	});

	test('keeps a number as text where a text is right', async () => {
		await send(event(ANALYTICS, { voicelog_id: 4711, call_id: 12, summary: 7 }));
		expect(await eventsOf('4711')).toMatchObject([{ call_id: '12', summary: '7' }]);
		expect(await row('4711')).toEqual([[82, null, null, '7', null]]);
	});

	// The table is another template's too: only rows of these events count.
	const eventsOf = async (id: string | null) => {
		const events = await (await n8nUnderTest()).tableRows('KoeIQ events');
		return events.filter(({ voicelog_id }) => voicelog_id === id);
	};

	test('keeps nothing of an event that names no call, and succeeds', async () => {
		await send(event(ALERT, { voicelog_id: null }));
		expect(await eventsOf(null)).toEqual([]);
	});

	test('keeps an alert with its rule', async () => {
		await send(event(ALERT, { voicelog_id: 'vl_alert' }));
		expect(await eventsOf('vl_alert')).toMatchObject([{ alert_rule: 'Low Quality Score' }]);
	});

	test('a ping is answered 200 and starts nothing', async () => {
		const { status, executions } = await trigger.receive('{"event":"test.ping"}');
		expect([status, executions]).toEqual([200, []]);
	});
});
