import { poll } from '../../../harness/wait';
import { StandIn } from '../../../harness/stand-in';
import { setField, template } from '../../../harness/templates';
import { nodeOf as node } from '../../../harness/workflow';
import { event } from '../../support/event';
import { describeWithDataTables } from '../../support/version';
import {
	ALERT,
	ANALYTICS,
	n8nUnderTest,
	TRANSCRIPTION,
	TriggerUnderTest,
} from '../support/trigger';

/** @param hours how far it looks back; what the template says, unless told */
async function report(hours?: number): Promise<string[]> {
	const n8n = await n8nUnderTest();
	// One of its own: the run after the one that counts can be under way when it is switched off.
	await using chat = await StandIn.start();
	const workflow = template('days-report');
	if (hours !== undefined) setField(workflow, 'Settings', 'hours', hours);
	node(workflow, 'Post to chat').parameters.url = chat.url;
	node(workflow, 'Every evening').parameters.rule = {
		interval: [{ field: 'seconds', secondsInterval: 2 }],
	};
	const id = await n8n.createWorkflow(workflow);
	await n8n.activate(id);
	await poll('the report', 60_000, async () => chat.accepted.length > 0);
	await n8n.deactivate(id);
	return (chat.accepted[0] as { text: string }).text.split('\n');
}

describeWithDataTables("a day's report", () => {
	const NOTHING = ['📊 Calls: 0', 'No call with a score', 'Alerts: 0'];

	/** The tables are those of other tests, too. */
	async function emptyTables(): Promise<void> {
		const calls = template('call-table');
		for (const name of ['Delete old events', 'Delete old calls']) {
			const { filters } = node(calls, name).parameters as {
				filters: { conditions: [{ keyValue: string }] };
			};
			filters.conditions[0].keyValue = '={{ $now.toISO() }}';
		}
		await (await TriggerUnderTest.of(calls)).runManually('Every night');
	}

	test('has the calls, their mean, the five lowest, and the alerts by rule', async () => {
		const trigger = await TriggerUnderTest.of(template('call-table'));
		await trigger.runManually('Start here once');
		await emptyTables();
		expect(await report()).toEqual(NOTHING);

		// They come months after what they tell: what counts is that they have come today.
		const scores = [95, 85, 75, 65, 55, 45, null, 'good', 1_000, -5];
		for (const [index, quality_score] of scores.entries()) {
			const call = { voicelog_id: `day_${index}`, call_id: `CALL-${index}` };
			await trigger.receive(event(ANALYTICS, { ...call, quality_score }));
		}
		const fourth = { voicelog_id: 'day_4', call_id: 'CALL-4' };
		const fifth = { voicelog_id: 'day_5', call_id: 'CALL-5' };
		await trigger.receive(event(TRANSCRIPTION, { ...fifth, operator_id: '@all' }));
		const alert = event(ALERT, { ...fifth, operator_id: null });
		const other = event(ALERT, { ...fourth, alert_rule_name: '<!channel>' });
		for (const payload of [alert, alert, event(ALERT, fourth), other]) {
			await trigger.receive(payload);
		}

		expect(await report()).toEqual([
			'📊 Calls: 10',
			'Mean score: 70.0 (6 calls with a score)',
			'Scores:',
			`90–100 ${'█'.repeat(10)} 1`,
			`80–89 ${'█'.repeat(10)} 1`,
			`70–79 ${'█'.repeat(10)} 1`,
			`60–69 ${'█'.repeat(10)} 1`,
			`0–59 ${'█'.repeat(20)} 2`,
			'Lowest:',
			'45 – CALL-5, operator ＠all',
			'55 – CALL-4, operator OP001',
			'65 – CALL-3',
			'75 – CALL-2',
			'85 – CALL-1',
			'Alerts: 3',
			'2 × Low Quality Score',
			'1 × ＜!channel＞',
		]);
		// What came before the time that it looks back to.
		expect(await report(-1)).toEqual(NOTHING);
	});
});
