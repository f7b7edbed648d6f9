import { randomUUID } from 'node:crypto';

import { poll } from '../../../harness/wait';
import { Receiver } from '../../support/receiver';
import { setField, template } from '../../../harness/templates';
import { nodeOf as node, type Workflow } from '../../../harness/workflow';
import { ALERT, n8nUnderTest, TriggerUnderTest } from '../support/trigger';

const chat = new Receiver();

beforeAll(async () => {
	await chat.start();
});

afterAll(async () => {
	await chat.stop();
});

const texts = () => chat.got.map((body) => (body as { text: string }).text);

/** The template as its notes say, with seconds in place of hours. */
async function setUp(apiKey: string): Promise<Workflow> {
	const n8n = await n8nUnderTest();
	const alarm = template('an-alarm-when-nothing-comes');
	const data = { apiKey, baseUrl: `${n8n.url}/api/v1` };
	const n8nApi = { id: await n8n.createCredential('n8nApi', data), name: 'n8n' };
	node(alarm, 'List the workflows').credentials = { n8nApi };
	node(alarm, 'Their last runs').credentials = { n8nApi };
	setField(alarm, 'Settings', 'n8n_url', n8n.url);
	node(alarm, 'Tell the chat').parameters.url = chat.url;
	node(alarm, 'Every hour').parameters.rule = {
		interval: [{ field: 'seconds', secondsInterval: 3 }],
	};
	return alarm;
}

test('an alarm tells which workflow is not published, which had no event, and which failed', async () => {
	const n8n = await n8nUnderTest();
	const name = (what: string) => `${what} ${randomUUID()}`;
	const busy = { ...template('exactly-once-short'), name: name('busy') };
	const silent = { ...template('exactly-once-short'), name: name('silent') };
	const unpublished = { ...template('exactly-once-short'), name: name('unpublished') };
	const leftOut = { ...template('exactly-once-short'), name: name('left out') };
	const trigger = await TriggerUnderTest.of(busy);
	await trigger.receive(ALERT);
	await TriggerUnderTest.of(silent);
	await n8n.createWorkflow(unpublished);
	await n8n.createWorkflow(leftOut);

	const alarm = await setUp(n8n.apiKey);
	setField(alarm, 'Settings', 'leave_out', JSON.stringify([leftOut.name]).replace(/^/, '='));
	const alarmId = await n8n.createWorkflow(alarm);
	await n8n.activate(alarmId);
	await poll('the alarm', 30_000, async () => chat.got.length > 0);
	await n8n.deactivate(alarmId);

	const [text = ''] = texts();
	expect(text).toContain(`“${silent.name}” had no event for 3 hours.`);
	expect(text).toContain(`“${unpublished.name}” is not published`);
	expect(text).not.toContain(busy.name);
	expect(text).not.toContain(leftOut.name);

	chat.reset();
	const failing = { ...template('exactly-once-short'), name: name('failing') };
	failing.settings = { ...failing.settings, errorWorkflow: alarmId };
	Object.assign(node(failing, 'Do the work'), {
		type: 'n8n-nodes-base.stopAndError',
		parameters: { errorMessage: 'no room' },
	});
	await n8n.activate(alarmId);
	await (await TriggerUnderTest.of(failing)).receive(ALERT);
	await poll('the failure', 30_000, async () => texts().some((one) => one.startsWith('❌')));
	await n8n.deactivate(alarmId);
	const told = texts().find((one) => one.startsWith('❌'));
	expect(told).toMatch(/^❌ “failing .*” failed at Do the work: no room http.*\/executions\/\d+$/);
}, 120_000);

test('an alarm with a wrong key tells that it fails itself', async () => {
	chat.reset();
	const n8n = await n8nUnderTest();
	const id = await n8n.createWorkflow(await setUp('no-key'));
	await n8n.activate(id);
	const refused =
		/ failed at (List the workflows|Those of KoeIQ): .*(unauthorized|Authorization failed)/i;
	await poll('the failure', 30_000, async () => texts().some((text) => refused.test(text)));
	await n8n.deactivate(id);
}, 60_000);
