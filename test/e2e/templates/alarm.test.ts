import { randomUUID } from 'node:crypto';

import { poll } from '../../../harness/wait';
import { StandIn } from '../../../harness/stand-in';
import { setField, template } from '../../../harness/templates';
import { nodeOf as node, webhookNode, type Workflow } from '../../../harness/workflow';
import { ALERT, n8nUnderTest, TriggerUnderTest } from '../support/trigger';

/** Runs that the template reads at once. */
const PAGE = 20;

let chat: StandIn;

// One for each test: a look can be under way when the alarm is switched off.
beforeEach(async () => {
	chat = await StandIn.start();
});

afterEach(async () => {
	await chat.stop();
});

const texts = () => chat.accepted.map((body) => (body as { text: string }).text);

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

const name = (what: string) => `${what} ${randomUUID()}`;

/** The words of the alarm's first look. */
async function firstLook(alarm: Workflow): Promise<string> {
	const n8n = await n8nUnderTest();
	const id = await n8n.createWorkflow(alarm);
	await n8n.activate(id);
	await poll('the alarm', 60_000, async () => chat.accepted.length > 0);
	await n8n.deactivate(id);
	return texts()[0] ?? '';
}

test('an event counts, whatever number of other runs came after it; no other run is one', async () => {
	const n8n = await n8nUnderTest();
	/** A workflow with n8n's own Webhook, too, and what runs that. */
	const withWebhook = async (what: string) => {
		const made = { ...template('exactly-once-short'), name: name(what) };
		const path = randomUUID();
		made.nodes.push(webhookNode(path));
		const trigger = await TriggerUnderTest.of(made);
		const run = async () => {
			const answer = await fetch(`${n8n.webhooks}/webhook/${path}`, { method: 'POST' });
			expect(answer.status).toBe(200);
		};
		return { title: made.name, trigger, run };
	};
	const heard = await withWebhook('heard');
	const unheard = await withWebhook('unheard');
	await heard.trigger.receive(ALERT);
	for (let count = 0; count < 2 * PAGE; count++) await heard.run();
	await unheard.run();
	await n8n.waitForExecutions(heard.trigger.workflowId, 1 + 2 * PAGE);
	await n8n.waitForExecutions(unheard.trigger.workflowId, 1);

	const text = await firstLook(await setUp(n8n.apiKey));
	expect(text).toContain(`“${unheard.title}” had no event for 3 hours.`);
	expect(text).not.toContain(heard.title);
});

test('an alarm tells which workflow is not published, which had no event, and which failed', async () => {
	const n8n = await n8nUnderTest();
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
	await poll('the alarm', 60_000, async () => chat.accepted.length > 0);
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
	await poll('the failure', 60_000, async () => texts().some((one) => one.startsWith('❌')));
	await n8n.deactivate(alarmId);
	const told = texts().find((one) => one.startsWith('❌'));
	expect(told).toMatch(/^❌ “failing .*” failed at Do the work: no room http.*\/executions\/\d+$/);
});

test('an alarm with a wrong key tells that it fails itself', async () => {
	const n8n = await n8nUnderTest();
	const id = await n8n.createWorkflow(await setUp('no-key'));
	await n8n.activate(id);
	const refused =
		/ failed at (List the workflows|Those of KoeIQ): .*(unauthorized|Authorization failed)/i;
	await poll('the failure', 60_000, async () => texts().some((text) => refused.test(text)));
	await n8n.deactivate(id);
});
