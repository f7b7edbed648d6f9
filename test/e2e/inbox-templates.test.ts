import { randomUUID } from 'node:crypto';

import type { N8nClient } from '../../harness/client';
import { template } from '../../harness/templates';
import { activate, TRIGGER } from '../../harness/trigger';
import { poll } from '../../harness/wait';
import { nodeOf } from '../../harness/workflow';
import { disposedAfterAll } from '../support/disposed';
import { offeredTools, startChatModel, toolResults } from './support/chat-model';
import { fresh, InboxUnderTest } from './support/inbox';
import { ALERT, ANALYTICS, n8nUnderTest } from './support/trigger';

/* The templates that read from the inbox, before a real one. */

const started = disposedAfterAll();
let n8n: N8nClient;

beforeAll(async () => {
	n8n = await n8nUnderTest();
});

test('ask about a call: the agent reads what KoeIQ has reported about the Call ID, and nothing else', async () => {
	const inbox = await started(InboxUnderTest.start(n8n));
	const { payload, callId } = fresh(ANALYTICS);
	const other = fresh(ANALYTICS);
	for (const event of [other, { payload }]) await inbox.receive(event.payload);
	const model = await started(startChatModel({ Call_ID: callId }));

	const workflow = template('ask-about-a-call');
	const id = await n8n.createCredential('openAiApi', { apiKey: 'sk', url: `${model.url}/v1` });
	nodeOf(workflow, 'Model').credentials = { openAiApi: { id, name: 'Model' } };
	nodeOf(workflow, 'Look up a call').credentials = inbox.credentials;
	const chat = nodeOf(workflow, 'A question');
	chat.webhookId = randomUUID();
	chat.parameters.public = true;
	const { url } = await activate(n8n, workflow, `${chat.webhookId}/chat`);
	model.reset();
	const chatInput = `What did the customer want in ${callId}?`;
	await fetch(url, {
		method: 'POST',
		headers: { 'content-type': 'application/json' },
		body: JSON.stringify({ action: 'sendMessage', sessionId: randomUUID(), chatInput }),
	});

	expect(offeredTools(model)[0]).toContain('Looks up what KoeIQ has reported about one call');
	const [result = ''] = toolResults(model);
	expect(result).toContain(callId);
	expect(result).not.toContain(other.callId);
});

test('send what failed again: each event that a workflow has refused to the end comes once more', async () => {
	const inbox = await started(InboxUnderTest.start(n8n, { INBOX_RETRY_PAUSES: '1' }));
	const refuses = {
		type: 'n8n-nodes-base.stopAndError',
		typeVersion: 1,
		parameters: { errorMessage: 'Not today' },
	};
	const workflow = inbox.workflow({ responseMode: 'lastNode' }, refuses);
	const workflowId = await n8n.createWorkflow(workflow);
	await n8n.activate(workflowId);
	await poll('the target to be current', 60_000, async () => {
		return (await inbox.target(workflow))?.state === 'current';
	});
	await inbox.receive(fresh(ALERT).payload);
	const failed = async () => (await inbox.target(workflow))?.failed;
	await poll('the event to have failed', 60_000, async () => (await failed()) === 1);
	const before = (await n8n.executions(workflowId)).at(-1)?.id;

	const sends = template('send-failed-again');
	const node = nodeOf(sends, 'Send again');
	node.credentials = inbox.credentials;
	node.parameters.receivedBefore = '={{ $now.toISO() }}';
	const sendsId = await n8n.createWorkflow(sends);
	await n8n.runManually(sendsId, 'Every noon');
	const [run] = await n8n.waitForExecutions(sendsId, 1);
	expect(run?.outputs('Send again')?.[0]?.[0]?.json).toEqual({ events: 1 });
	const [again] = await n8n.waitForExecutions(workflowId, 1, before);
	expect(again?.outputs(TRIGGER)).toHaveLength(1);
	await n8n.deactivate(workflowId);
});
