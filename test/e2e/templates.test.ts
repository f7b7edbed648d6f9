import { randomUUID } from 'node:crypto';

import { setField, template, TEMPLATES } from '../../harness/templates';
import { poll } from '../../harness/wait';
import { nodeOf as node } from '../../harness/workflow';
import { Receiver } from '../support/receiver';
import { N8N_CAN, N8N_TEST_VERSION } from '../support/version';
import { ALERT, ANALYTICS, n8nUnderTest, TRANSCRIPTION, TriggerUnderTest } from './support/trigger';

/*
 * Every template as it stands in its file, on the real n8n. What a user sets in the editor is set here too, and
 * nothing else: the credential, and where it says so below, an address or the place of their own nodes.
 */

const event = (sample: string, data: object) => {
	const made = JSON.parse(sample) as { data: object };
	return JSON.stringify({ ...made, data: { ...made.data, ...data } });
};

const receiver = new Receiver();

beforeAll(async () => {
	await receiver.start();
});

beforeEach(() => {
	receiver.reset();
});

afterAll(async () => {
	await receiver.stop();
});

const testWithTables = N8N_CAN.keepDataTables ? test : test.skip;
if (!N8N_CAN.keepDataTables) {
	process.stderr.write(
		`The templates with a data table need n8n 2: not tested on ${N8N_TEST_VERSION}.\n`,
	);
}

/** How often each event has had its effect. */
const effects = () => receiver.got.map((item) => (item as { event: string }).event);

test.each(TEMPLATES)(
	'%s can be imported as it is: stock nodes, no credential, no address of ours',
	(name) => {
		const workflow = template(name);
		for (const { type, credentials } of workflow.nodes) {
			expect(type).toMatch(/^n8n-nodes-base\.|^n8n-nodes-koeiq\.koeIqTrigger$/);
			expect(credentials).toBeUndefined();
		}
		expect(JSON.stringify(workflow)).not.toMatch(/127\.0\.0\.1|localhost/);
	},
);

describe('low score to chat', () => {
	let trigger: TriggerUnderTest;

	beforeAll(async () => {
		const workflow = template('low-score-to-chat');
		node(workflow, 'Post to chat').parameters.url = receiver.url;
		trigger = await TriggerUnderTest.of(workflow);
	});

	test.each([
		[
			'a score under 60',
			event(ANALYTICS, { quality_score: 59, summary: 'Long wait.' }),
			'⚠️ Call CALL-20260317-001 scored 59 of 100. Long wait.',
		],
		[
			'an alert',
			ALERT,
			'🚨 Low Quality Score: call CALL-20260317-001, operator OP001. Measured 45, limit 60.',
		],
		[
			'an alert with nothing but what is required',
			event(ALERT, {
				alert_rule_name: null,
				call_id: null,
				operator_id: null,
				threshold: null,
				actual_value: null,
			}),
			'🚨 quality_score_below: call vl_xxxx, operator unknown. Measured –, limit –.',
		],
	])('posts %s', async (_, payload, text) => {
		const { executions } = await trigger.receive(payload);
		expect(executions.map(({ status }) => status)).toEqual(['success']);
		expect(receiver.got).toEqual([{ text }]);
	});

	test.each([
		['a score of 60', event(ANALYTICS, { quality_score: 60 })],
		['analytics without a score', event(ANALYTICS, { quality_score: null })],
		['a transcription', TRANSCRIPTION],
	])('is silent about %s', async (_, payload) => {
		expect((await trigger.receive(payload)).status).toBe(200);
		expect(receiver.got).toEqual([]);
	});
});

describe('exactly once', () => {
	async function start(name: string, parameters = {}): Promise<TriggerUnderTest> {
		const workflow = template(name);
		// Of two with the same webhook, n8n lets only one be active.
		for (const made of workflow.nodes) if (made.webhookId) made.webhookId = randomUUID();
		Object.assign(
			workflow.nodes.find(({ name }) => name === 'Only what is new')?.parameters ?? {},
			parameters,
		);
		Object.assign(node(workflow, 'Do the work'), receiver.node());
		return await TriggerUnderTest.of(workflow);
	}

	testWithTables(
		'a redelivery has no second effect, and what was cut off is done when it comes again',
		async () => {
			const trigger = await start('exactly-once');
			await trigger.runManually('Start here once');
			await trigger.receive(TRANSCRIPTION);
			await trigger.receive(TRANSCRIPTION);
			expect(effects()).toEqual(['transcription.completed']);

			receiver.fails = () => true;
			const cutOff = await trigger.receive(ALERT);
			expect(cutOff.executions.map(({ status }) => status)).toEqual(['error']);
			receiver.fails = () => false;
			await trigger.receive(ALERT);
			await trigger.receive(ALERT);
			expect(effects()).toEqual(['transcription.completed', 'alert.triggered']);
			expect(await (await n8nUnderTest()).tableRows('KoeIQ deliveries')).toHaveLength(2);
		},
	);

	testWithTables.each([
		['nothing', '[]'],
		['two items', '[{"part":1},{"part":2}]'],
	])('remembers an event once where the work ends with %s', async (_, answer) => {
		const n8n = await n8nUnderTest();
		const trigger = await start('exactly-once');
		await trigger.runManually('Start here once');
		const before = (await n8n.tableRows('KoeIQ deliveries')).length;
		receiver.answer = answer;
		const payload = event(ALERT, { answer });
		await trigger.receive(payload);
		await trigger.receive(payload);
		expect(effects()).toEqual(['alert.triggered']);
		expect(await n8n.tableRows('KoeIQ deliveries')).toHaveLength(before + 1);
	});

	test('the short form fails on every new event once its history is full', async () => {
		const trigger = await start('exactly-once-short', { options: { historySize: 2 } });
		const statuses: unknown[] = [];
		for (const attempt of [1, 2, 3, 4]) {
			const { executions } = await trigger.receive(event(ALERT, { attempt }));
			statuses.push(...executions.map(({ status }) => status));
		}
		expect(statuses).toEqual(['success', 'success', 'error', 'error']);
		expect(effects()).toHaveLength(2);
	});

	test('the short form takes what was cut off for done', async () => {
		const trigger = await start('exactly-once-short');
		await trigger.receive(TRANSCRIPTION);
		await trigger.receive(TRANSCRIPTION);
		expect(effects()).toEqual(['transcription.completed']);

		receiver.fails = () => true;
		const cutOff = await trigger.receive(ALERT);
		expect(cutOff.executions.map(({ status }) => status)).toEqual(['error']);
		receiver.fails = () => false;
		await trigger.receive(ALERT);
		expect(effects()).toEqual(['transcription.completed']);
	});
});

test('try without KoeIQ: signs and sends one event to each output', async () => {
	const n8n = await n8nUnderTest();
	const workflow = template('try-without-koeiq');
	const { webhookId = '' } = node(workflow, 'KoeIQ Trigger');
	setField(workflow, 'What to send', 'url', `${n8n.url}/webhook/${webhookId}/koeiq`);

	const trigger = await TriggerUnderTest.of(workflow, { webhookSecret: 'try-it-without-koeiq' });
	await n8n.runManually(trigger.workflowId, 'Click to send');
	const executions = await n8n.waitForExecutions(trigger.workflowId, 5);
	const answers = executions.flatMap((execution) => execution.outputs('Send as KoeIQ')?.[0] ?? []);
	expect(answers.map(({ json }) => json.statusCode)).toEqual([200, 200, 200, 200]);
	const arrived = executions.flatMap((execution) =>
		['Transcription ready', 'Analytics ready', 'Alert raised', 'Anything else'].filter(
			(name) => execution.outputs(name) !== undefined,
		),
	);
	expect(arrived.sort()).toEqual([
		'Alert raised',
		'Analytics ready',
		'Anything else',
		'Transcription ready',
	]);
});

test('one URL, many teams: hands each event to the team it concerns', async () => {
	const n8n = await n8nUnderTest();
	const workflow = template('one-url-many-teams');
	const teams: string[] = [];
	for (const name of ['support', 'quality']) {
		const team = template('a-team');
		const id = await n8n.createWorkflow(team);
		if (N8N_CAN.publishSubWorkflows) await n8n.activate(id);
		node(workflow, `Hand to the ${name} team`).parameters.workflowId = {
			__rl: true,
			mode: 'id',
			value: id,
		};
		teams.push(id);
	}
	const trigger = await TriggerUnderTest.of(workflow);
	const work = async (id = '') =>
		(await n8n.executions(id)).map((execution) => {
			const item = execution.outputs('Do the work')?.[0]?.[0]?.json;
			const data = item?.data as { department?: string } | undefined;
			return [item?.event, data?.department];
		});

	for (const payload of [
		TRANSCRIPTION,
		event(TRANSCRIPTION, { department: 'Sales' }),
		event(TRANSCRIPTION, { department: null }),
		ANALYTICS,
		ALERT,
	]) {
		await trigger.receive(payload);
	}
	await poll('the teams to finish', 30_000, async () => (await work(teams[1])).length === 2);
	expect(await work(teams[0])).toEqual([['transcription.completed', 'Support']]);
	expect(await work(teams[1])).toEqual([
		['analytics.completed', undefined],
		['alert.triggered', undefined],
	]);
});

(N8N_CAN.keepDataTables ? describe : describe.skip)('a call table', () => {
	const names = ['quality_score', 'duration_seconds', 'department', 'summary', 'call_date'];

	test('has one row a call, whatever the order and however often', async () => {
		const n8n = await n8nUnderTest();
		const trigger = await TriggerUnderTest.of(template('call-table'));
		await trigger.runManually('Start here once');
		const rows = async () =>
			(await n8n.tableRows('KoeIQ calls')).map((row) => [
				row.voicelog_id,
				...names.map((name) => row[name]),
			]);

		await trigger.receive(ANALYTICS);
		await trigger.receive(TRANSCRIPTION);
		const summary = 'Customer called about invoice discrepancy...';
		const first = ['vl_xxxx', 82, 342, 'Support', summary, '2026-03-17'];
		expect(await rows()).toEqual([first]);

		await trigger.receive(TRANSCRIPTION);
		await trigger.receive(event(ANALYTICS, { quality_score: 71 }));
		await trigger.receive(event(TRANSCRIPTION, { voicelog_id: 'vl_2', department: '営業' }));
		expect(await rows()).toEqual([
			['vl_xxxx', 71, 342, 'Support', summary, '2026-03-17'],
			['vl_2', null, 342, '営業', null, '2026-03-17'],
		]);

		const partly = {
			...(JSON.parse(ANALYTICS) as object),
			timestamp: '2026-03-17T10:00:00Z',
			data: { voicelog_id: 'vl_xxxx', quality_score: 55, summary: null },
		};
		await trigger.receive(JSON.stringify(partly));
		const kept = ['vl_xxxx', 55, 342, 'Support', summary, '2026-03-17'];
		expect((await rows())[0]).toEqual(kept);

		await trigger.receive(ANALYTICS);
		expect((await rows())[0]).toEqual(kept);

		await trigger.receive(event(ANALYTICS, { voicelog_id: 'vl_3', quality_score: null }));
		const late = { quality_score: 90, summary: 'Late.', voicelog_id: 'vl_3' };
		const older = JSON.parse(event(ANALYTICS, late)) as object;
		await trigger.receive(JSON.stringify({ ...older, timestamp: '2026-03-17T08:00:00+00:00' }));
		expect((await rows())[2]).toEqual(['vl_3', 90, null, null, summary, null]);
	});

	test('has one row for a call whose events come all at once', async () => {
		const n8n = await n8nUnderTest();
		const workflow = template('call-table');
		node(workflow, 'KoeIQ Trigger').webhookId = randomUUID();
		const trigger = await TriggerUnderTest.of(workflow);
		await trigger.runManually('Start here once');
		const payloads = [TRANSCRIPTION, ANALYTICS, TRANSCRIPTION, ANALYTICS].map((sample, attempt) =>
			event(sample, { voicelog_id: 'vl_busy', attempt }),
		);
		await Promise.all(payloads.map(async (payload) => await trigger.send(payload)));
		// The manual one is the first.
		await n8n.waitForExecutions(trigger.workflowId, 1 + payloads.length);
		const rows = (await n8n.tableRows('KoeIQ calls')).filter(
			({ voicelog_id: id }) => id === 'vl_busy',
		);
		expect(rows).toMatchObject([{ quality_score: 82, duration_seconds: 342 }]);
	});
});
