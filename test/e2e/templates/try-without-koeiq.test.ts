import { randomUUID } from 'node:crypto';

import { setField, template } from '../../../harness/templates';
import { nodeOf as node } from '../../../harness/workflow';
import { n8nUnderTest, TriggerUnderTest } from '../support/trigger';

const SECRET = 'try-it-without-koeiq';
const WAYS = ['Transcription ready', 'Analytics ready', 'Alert raised', 'Anything else'];

/** The template, published, as its note says; `url` replaces the address that a user pastes. */
async function start(webhookSecret: string, url?: string): Promise<TriggerUnderTest> {
	const workflow = template('try-without-koeiq');
	const webhookId = randomUUID();
	node(workflow, 'KoeIQ Trigger').webhookId = webhookId;
	const { webhooks } = await n8nUnderTest();
	setField(workflow, 'What to send', 'url', url ?? `${webhooks}/webhook/${webhookId}/koeiq`);
	return await TriggerUnderTest.of(workflow, { webhookSecret });
}

test('signs and sends one event to each output', async () => {
	const n8n = await n8nUnderTest();
	const { workflowId } = await start(SECRET);
	await n8n.runManually(workflowId, 'Click to send');
	const executions = await n8n.waitForExecutions(workflowId, 5);
	expect(executions.map(({ status }) => status)).toEqual(Array(5).fill('success'));
	const arrived = executions.flatMap((execution) =>
		WAYS.filter((name) => execution.outputs(name) !== undefined),
	);
	expect(arrived.sort()).toEqual([...WAYS].sort());
});

test.each([
	[
		'the credential holds another secret',
		'another-secret-than-that',
		undefined,
		/^n8n answered 401 .*"Invalid signature".*does not hold the secret/,
	],
	[
		'the URL is not a published one',
		SECRET,
		'/webhook/nowhere/koeiq',
		/^n8n answered 404 .*Publish the workflow/,
	],
])('stops with what was answered if %s', async (_, secret, path, message) => {
	const n8n = await n8nUnderTest();
	const trigger = await start(secret, path === undefined ? undefined : n8n.webhooks + path);
	const [execution] = await trigger.runManually('Click to send');
	expect(execution?.status).toBe('error');
	expect(execution?.error).toMatch(message);
});
