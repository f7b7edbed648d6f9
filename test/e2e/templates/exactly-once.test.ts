import { createHash } from 'node:crypto';

import { StandIn } from '../../../harness/stand-in';
import { setField, template } from '../../../harness/templates';
import { TRIGGER } from '../../../harness/trigger';
import { poll } from '../../../harness/wait';
import { nodeOf as node } from '../../../harness/workflow';
import { disposedAfterAll } from '../../support/disposed';
import { event } from '../../support/event';
import { describeWithDataTables } from '../../support/version';
import { ALERT, n8nUnderTest, TRANSCRIPTION, TriggerUnderTest } from '../support/trigger';

const TABLE = 'KoeIQ deliveries';

const started = disposedAfterAll();
/** What "Do the work" calls. */
let service: StandIn;

beforeAll(async () => {
	service = await started(StandIn.start());
});

beforeEach(() => {
	service.reset();
});

const failing = () => ({ status: 500 });
const succeeding = () => ({});

/** Every event that had its effect, as often as it had it. */
const effects = () => service.accepted.map((item) => (item as { event: string }).event);

describeWithDataTables('no event is handled twice', () => {
	/** `seconds` is how long a run holds its claim; the trigger responds as it does unless told. */
	async function start(seconds = 60, responseMode?: string): Promise<TriggerUnderTest> {
		const workflow = template('exactly-once');
		setField(workflow, 'Settings', 'work_minutes', seconds / 60);
		setField(workflow, 'Settings', 'wait_seconds', 1);
		Object.assign(node(workflow, TRIGGER).parameters, { responseMode });
		Object.assign(node(workflow, 'Do the work'), service.node());
		const trigger = await TriggerUnderTest.of(workflow);
		await trigger.runManually('Start here once');
		return trigger;
	}

	const rows = async (payload: string) => {
		const id = createHash('sha256').update(payload).digest('hex');
		const table = await (await n8nUnderTest()).tableRows(TABLE);
		return table.filter(({ delivery_id }) => delivery_id === id);
	};

	test('a second delivery has no second effect', async () => {
		const trigger = await start();
		const payload = event(TRANSCRIPTION, { voicelog_id: 'vl_second' });
		await trigger.receive(payload);
		const { executions } = await trigger.receive(payload);
		expect(executions.map(({ status }) => status)).toEqual(['success']);
		expect(effects()).toEqual(['transcription.completed']);
		expect(await rows(payload)).toMatchObject([{ done: true }, { done: false }]);
		expect(await rows(event(TRANSCRIPTION, { voicelog_id: 'vl_never' }))).toEqual([]);
	});

	test('a second delivery while the first still runs waits for it, and has no effect', async () => {
		const trigger = await start();
		let finish = (): void => {};
		const finished = new Promise<void>((resolve) => (finish = resolve));
		service.answer = async () => {
			await finished;
			return {};
		};
		const payload = event(ALERT, { voicelog_id: 'vl_slow' });
		await trigger.send(payload);
		await poll('the first run to work', 60_000, () => service.requests.length === 1);
		await trigger.send(payload);
		await poll('the second run to see it', 60_000, async () => (await rows(payload)).length === 2);
		finish();
		const executions = await trigger.ended(2);
		expect(executions.map(({ status }) => status)).toEqual(['success', 'success']);
		expect(effects()).toEqual(['alert.triggered']);
	});

	test('a delivery takes over what was cut off, once the claim of the first run has ended', async () => {
		const trigger = await start(5);
		const payload = event(ALERT, { voicelog_id: 'vl_cut_off' });
		service.answer = failing;
		const cutOff = await trigger.receive(payload);
		expect(cutOff.executions.map(({ status }) => status)).toEqual(['error']);
		service.answer = succeeding;
		const again = await trigger.receive(payload);
		expect(again.executions.map(({ status }) => status)).toEqual(['success']);
		await trigger.receive(payload);
		expect(effects()).toEqual(['alert.triggered']);
	});

	test('with "When the Workflow Has Finished", a delivery is answered 200 only once its event is handled', async () => {
		const trigger = await start(5, 'lastNode');
		const payload = event(ALERT, { voicelog_id: 'vl_finished' });
		service.answer = failing;
		expect((await trigger.send(payload)).status).toBe(500);
		service.answer = succeeding;
		// It waits for the claim of the first to end, and does the work itself.
		expect((await trigger.send(payload)).status).toBe(200);
		expect(effects()).toEqual(['alert.triggered']);
	});

	test.each([
		['onReceived', 70],
		// n8n takes a run that waits for 65 seconds or more out of its memory, and answers 200.
		['lastNode', 60],
	])('responding %s, it looks again after %i seconds', async (responseMode, seconds) => {
		const workflow = template('exactly-once');
		Object.assign(node(workflow, TRIGGER).parameters, { responseMode });
		const trigger = await TriggerUnderTest.of(workflow);
		await trigger.runManually('Start here once');
		const payload = event(ALERT, { voicelog_id: `vl_${responseMode}` });
		const { executions } = await trigger.receive(payload, { executions: 1 });
		expect(executions[0]?.outputs('Settings')).toMatchObject([
			[{ json: { wait_seconds: seconds } }],
		]);
	});

	test.each([
		['nothing', '[]'],
		['two items', '[{"part":1},{"part":2}]'],
	])('an event is remembered if the work ends with %s', async (words, answer) => {
		const trigger = await start();
		service.answer = () => ({ body: answer });
		const payload = event(ALERT, { voicelog_id: words });
		await trigger.receive(payload);
		await trigger.receive(payload);
		expect(effects()).toEqual(['alert.triggered']);
	});
});

describe('the short form', () => {
	async function start(historySize?: number): Promise<TriggerUnderTest> {
		const workflow = template('exactly-once-short');
		const { parameters } = node(workflow, 'Only what is new');
		if (historySize !== undefined) parameters.options = { scope: 'workflow', historySize };
		Object.assign(node(workflow, 'Do the work'), service.node());
		return await TriggerUnderTest.of(workflow);
	}

	const statusesOf = async (trigger: TriggerUnderTest, payload: string) =>
		(await trigger.receive(payload)).executions.map(({ status }) => status);

	test('lets an event pass once', async () => {
		const trigger = await start();
		expect(await statusesOf(trigger, TRANSCRIPTION)).toEqual(['success']);
		expect(await statusesOf(trigger, TRANSCRIPTION)).toEqual(['success']);
		expect(effects()).toEqual(['transcription.completed']);
	});

	test('counts an event that was cut off as done', async () => {
		const trigger = await start();
		service.answer = failing;
		expect(await statusesOf(trigger, TRANSCRIPTION)).toEqual(['error']);
		service.answer = succeeding;
		expect(await statusesOf(trigger, TRANSCRIPTION)).toEqual(['success']);
		expect(effects()).toEqual([]);
	});

	test('fails on what is new once its history is full, and starts again with an empty one every night', async () => {
		const trigger = await start(2);
		const statuses: string[] = [];
		for (const attempt of [1, 2, 3]) {
			statuses.push(...(await statusesOf(trigger, event(ALERT, { attempt }))));
		}
		expect(statuses).toEqual(['success', 'success', 'error']);
		await trigger.runManually('Every night');
		expect(await statusesOf(trigger, event(ALERT, { attempt: 3 }))).toEqual(['success']);
		expect(effects()).toHaveLength(3);
	});
});
