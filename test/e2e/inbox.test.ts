import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';

import type { N8nClient } from '../../harness/client';
import { TRIGGER } from '../../harness/trigger';
import { poll } from '../../harness/wait';
import { nodeOf, type Workflow } from '../../harness/workflow';
import { disposedAfterAll } from '../support/disposed';
import { N8N_CAN } from '../support/version';
import { API_KEY, fresh, INBOX_CREDENTIAL, InboxUnderTest } from './support/inbox';
import { N8N_LOG } from './support/start';
import { ALERT, ANALYTICS, n8nUnderTest, TRANSCRIPTION } from './support/trigger';

/* The trigger at a real inbox: KoeIQ's requests go there, and to nowhere else. */

/** Nobody listens there. */
const CLOSED = 'http://127.0.0.1:2';

const started = disposedAfterAll();
let n8n: N8nClient;
let inbox: InboxUnderTest;

beforeAll(async () => {
	n8n = await n8nUnderTest();
	inbox = await started(InboxUnderTest.start(n8n));
});

async function publish(workflow: Workflow, workflowId: string): Promise<void> {
	await n8n.activate(workflowId);
	await waitForState(workflow, 'current');
}

async function waitForState(workflow: Workflow, state: string): Promise<void> {
	await poll(`the target to be ${state}`, 60_000, async () => {
		return (await inbox.target(workflow))?.state === state;
	});
}

/** The Call IDs of the events that a workflow was started with, in this order. */
async function runs(workflowId: string, count: number): Promise<unknown[]> {
	const executions = await n8n.waitForExecutions(workflowId, count);
	return executions.map((execution) => {
		const [[item] = []] = execution.outputs(TRIGGER) ?? [];
		return (item?.json.data as { call_id?: string } | undefined)?.call_id;
	});
}

test('published, a workflow gets every event; unpublished, the inbox keeps them for it', async () => {
	const workflow = inbox.workflow();
	const workflowId = await n8n.createWorkflow(workflow);
	const [first, second, third] = [fresh(ANALYTICS), fresh(ALERT), fresh(TRANSCRIPTION)];

	await publish(workflow, workflowId);
	expect(await inbox.target(workflow)).toMatchObject({ name: workflow.name });
	await inbox.receive(first.payload);
	expect(await runs(workflowId, 1)).toEqual([first.callId]);

	await n8n.deactivate(workflowId);
	await waitForState(workflow, 'paused');
	await inbox.receive(second.payload);

	await publish(workflow, workflowId);
	expect(await runs(workflowId, 2)).toEqual([first.callId, second.callId]);
	await inbox.receive(third.payload);
	expect(await runs(workflowId, 3)).toEqual([first.callId, second.callId, third.callId]);
	await n8n.deactivate(workflowId);
	// What the inbox calls itself is what the trigger knows it by.
	const log = await readFile(process.env[N8N_LOG] ?? '', 'utf8');
	expect(log).not.toContain('that the inbox did not send');
});

test('Execute step gets the latest stored event that the trigger selects, and the published workflow goes on', async () => {
	const workflow = inbox.workflow({ events: ['alert.triggered'] });
	const workflowId = await n8n.createWorkflow(workflow);
	const [older, latest, another, next] = [ALERT, ALERT, ANALYTICS, ALERT].map(fresh);
	for (const event of [older, latest, another]) await inbox.receive(event?.payload ?? '');
	await publish(workflow, workflowId);

	await n8n.runManually(workflowId, TRIGGER);
	const [run] = await n8n.waitForExecutions(workflowId, 1);
	expect(run?.mode).toBe('manual');
	expect(await runs(workflowId, 1)).toEqual([latest?.callId]);

	await inbox.receive(next?.payload ?? '');
	expect(await runs(workflowId, 2)).toEqual([latest?.callId, next?.callId]);
	expect(await inbox.target(workflow)).toMatchObject({ state: 'current' });
	await n8n.deactivate(workflowId);
});

test('Execute step waits for the next event if When Testing says so', async () => {
	const workflow = inbox.workflow({ whenTesting: 'next' });
	const workflowId = await n8n.createWorkflow(workflow);
	const [stored, next] = [fresh(ALERT), fresh(ALERT)];
	await inbox.receive(stored.payload);
	await n8n.runManually(workflowId, TRIGGER);
	await inbox.receive(next.payload);
	expect(await runs(workflowId, 1)).toEqual([next.callId]);
});

test.each<[string, object, () => string]>([
	[
		'API key',
		{ apiKey: `${API_KEY}-wrong` },
		() => `The inbox at ${inbox.admin} does not accept the API key (401). Paste INBOX_API_KEY`,
	],
	['n8n URL', { n8nUrl: CLOSED }, () => `Nothing answers at ${CLOSED} (connection refused).`],
])('publishing with a wrong %s fails with the sentence that says so', async (_, wrong, says) => {
	const workflow = inbox.workflow();
	const data = { url: inbox.admin, apiKey: API_KEY, n8nUrl: '', ...wrong };
	const id = await n8n.createCredential(INBOX_CREDENTIAL, data);
	const trigger = nodeOf(workflow, TRIGGER);
	trigger.credentials = { ...trigger.credentials, [INBOX_CREDENTIAL]: { id, name: 'Wrong' } };
	const workflowId = await n8n.createWorkflow(workflow);
	const sentence = says();
	if (N8N_CAN.publishInBackground) {
		await n8n.activate(workflowId);
		await poll('the reason why it is not published', 120_000, async () => {
			return (await n8n.publicationErrors(workflowId)).join().includes(sentence);
		});
		await n8n.deactivate(workflowId);
	} else {
		await expect(n8n.activate(workflowId)).rejects.toThrow(sentence);
	}
	expect(await inbox.target(workflow)).toBeUndefined();
});

/* Every failure is in test/unit/inbox-answers.test.ts: here is how n8n shows some of them. */
describe('the credential test', () => {
	const NO_INBOX = /^What answers at .* is not the inbox’s API \(/;
	const local = (scheme: string, port: number | string) => `${scheme}://127.0.0.1:${port}`;

	test.each<[string, () => Record<string, string>, string, RegExp]>([
		['the right key', () => ({}), 'OK', /accepts the API key/],
		['a slash too many', () => ({ url: `${inbox.admin}/ ` }), 'OK', /accepts the API key/],
		['a wrong key', () => ({ apiKey: `${API_KEY}x` }), 'Error', /does not accept the API key/],
		['the port that KoeIQ calls', () => ({ url: inbox.inbox.url }), 'Error', NO_INBOX],
		['n8n itself', () => ({ url: n8n.url }), 'Error', NO_INBOX],
		['a port of nobody', () => ({ url: local('http', 1) }), 'Error', /^Nothing answers at /],
		[
			'a host that there is not',
			() => ({ url: 'http://inbox.invalid:8081' }),
			'Error',
			/^n8n cannot find the host of /,
		],
		[
			'https in place of http',
			() => ({ url: local('https', new URL(inbox.admin).port) }),
			'Error',
			/^n8n cannot make a secure connection to /,
		],
		['an n8n URL with a path', () => ({ n8nUrl: 'http://n8n:5678/a' }), 'Error', /a port only/],
	])('with %s', async (_, change, status, message) => {
		const data = { url: inbox.admin, apiKey: API_KEY, n8nUrl: '', ...change() };
		const result = await n8n.testCredential(inbox.credentialId, INBOX_CREDENTIAL, data);
		expect(result).toMatchObject({ status, message: expect.stringMatching(message) as unknown });
		expect(JSON.stringify(result)).not.toMatch(/\bE[A-Z]{4,}\b/);
	});
});

test('the KoeIQ node finds an event by its Call ID, and has it sent again', async () => {
	const workflow = inbox.workflow();
	const workflowId = await n8n.createWorkflow(workflow);
	await publish(workflow, workflowId);
	const { payload, callId } = fresh(ANALYTICS);
	await inbox.receive(payload);
	await runs(workflowId, 1);
	await poll('the inbox to know that it was delivered', 60_000, async () => {
		return ((await inbox.target(workflow))?.delivered ?? 0) > 0;
	});

	const reader = readAndSend(callId);
	const readerId = await n8n.createWorkflow(reader);
	await n8n.runManually(readerId, 'Start');
	const [run] = await n8n.waitForExecutions(readerId, 1);
	const items = run?.outputs('Look it up')?.[0] ?? [];
	expect(items.map(({ json }) => json)).toMatchObject([
		{
			...(JSON.parse(payload) as object),
			delivery: { issues: [] },
			inbox: {
				targets: expect.arrayContaining([
					expect.objectContaining({ name: workflow.name, state: 'delivered', attempts: 1 }),
				]) as unknown,
			},
		},
	]);
	expect(run?.outputs('Send it again')?.[0]?.[0]?.json).toEqual({ events: 1 });
	expect(await runs(workflowId, 2)).toEqual([callId, callId]);
	await n8n.deactivate(workflowId);
});

/** Looks an event up, and has it sent again. */
function readAndSend(callId: string): Workflow {
	const node = (name: string, parameters: Record<string, unknown>) => ({
		id: randomUUID(),
		name,
		type: 'n8n-nodes-koeiq.koeIq',
		typeVersion: 1,
		position: [200, 0] as [number, number],
		parameters: { resource: 'event', ...parameters },
		credentials: inbox.credentials,
	});
	return {
		name: `Look up ${callId}`,
		nodes: [
			{
				id: randomUUID(),
				name: 'Start',
				type: 'n8n-nodes-base.manualTrigger',
				typeVersion: 1,
				position: [0, 0],
				parameters: {},
			},
			node('Look it up', { operation: 'getAll', filters: { callId } }),
			node('Send it again', { operation: 'sendAgain', deliveryId: '={{ $json.delivery.id }}' }),
		],
		connections: {
			Start: { main: [[{ node: 'Look it up', type: 'main', index: 0 }]] },
			'Look it up': { main: [[{ node: 'Send it again', type: 'main', index: 0 }]] },
		},
	};
}
