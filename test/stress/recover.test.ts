import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';

import { startN8n, type StartedN8n } from '../../harness/n8n';
import { LAZY_ISOLATES } from '../../harness/n8n-settings';
import { setField, template } from '../../harness/templates';
import { activateWithSecrets, TRIGGER } from '../../harness/trigger';
import { poll, waitForWebhook } from '../../harness/wait';
import { nodeOf as node } from '../../harness/workflow';
import { N8N_TEST_VERSION } from '../support/version';
import { Receiver } from '../support/receiver';
import { stream, type Sent } from '../support/stream';
import { endedAfterAll } from '../support/opened';

/*
 * The templates "recover" and "exactly once" together, on an n8n that is killed under load: in the end, every event that
 * was answered 200 has had its effect.
 */

const SECRET = 'the-secret-of-the-crash-tests';
const PER_SECOND = 5;
const KILLS = 3;
/** An event with this in its id fails whatever is done. */
const POISON = 'poison';

interface Effect {
	data: { voicelog_id: string };
}

const receiver = new Receiver();
const chat = new Receiver();
let n8n: StartedN8n;
let url: string;
let workflowId: string;

const opened = endedAfterAll();

beforeAll(async () => {
	await receiver.start();
	await chat.start();
	receiver.fails = (body) => (body as Effect).data.voicelog_id.includes(POISON);
	// So that there are always runs under way, half of them with their effect and no memory of it yet.
	receiver.milliseconds = 200;
	n8n = await opened(startN8n({ version: N8N_TEST_VERSION, env: LAZY_ISOLATES }));
	await startWork();
	await startRecovery();
}, 600_000);

afterAll(async () => {
	await receiver.stop();
	await chat.stop();
});

async function startWork(): Promise<void> {
	const { client } = n8n;
	const workflow = template('exactly-once');
	node(workflow, TRIGGER).webhookId = randomUUID();
	Object.assign(node(workflow, 'Do the work'), receiver.node());
	const secrets = { webhookSecret: SECRET };
	({ url, workflowId } = await activateWithSecrets(client, workflow, secrets));
	await client.runManually(workflowId, 'Start here once');
	await client.waitForExecutions(workflowId, 1);
}

async function startRecovery(): Promise<void> {
	const { client } = n8n;
	const workflow = template('recover');
	const data = { apiKey: client.apiKey, baseUrl: `${n8n.url}/api/v1` };
	const credentials = {
		n8nApi: { id: await client.createCredential('n8nApi', data), name: 'n8n' },
	};
	for (const name of ['List the workflows', 'List their runs', 'Run it again']) {
		node(workflow, name).credentials = credentials;
	}
	// Seconds in place of minutes.
	setField(workflow, 'Settings', 'pauses_minutes', '=[0, 0.05, 0.1]');
	node(workflow, 'Every five minutes').parameters.rule = {
		interval: [{ field: 'seconds', secondsInterval: 5 }],
	};
	node(workflow, 'Tell what was given up').parameters.url = chat.url;
	await client.activate(await client.createWorkflow(workflow));
}

test('every event that was answered 200 has its effect, though n8n is killed under load', async () => {
	const sent: Sent[] = [];
	for (let kill = 0; kill < KILLS; kill++) {
		const load = stream(
			() => url,
			() => SECRET,
			PER_SECOND,
		);
		await sleep(5_000);
		await n8n.kill();
		await load.end();
		sent.push(...load.sent);
		await n8n.restart();
		await waitForWebhook(url);
	}
	const accepted = sent.filter(({ status }) => status === 200);
	const effects = () => receiver.got.map((body) => (body as Effect).data.voicelog_id);
	const undone = () => {
		const done = new Set(effects());
		return accepted.filter(({ id }) => !done.has(id)).map(({ id }) => id);
	};
	await poll('every event to have its effect', 180_000, async () => undone().length === 0).catch(
		async (error: unknown) => {
			const runs = await n8n.client.executions(workflowId);
			for (const id of undone()) {
				const statuses = runs.filter((run) => run.mentions(id)).map(({ status }) => status);
				process.stderr.write(`${id} has had no effect; its runs: ${statuses.join(', ')}\n`);
			}
			throw error;
		},
	);
	// Time for more, if there were more to come.
	await sleep(15_000);

	const times = new Map<string, number>();
	for (const id of effects()) times.set(id, (times.get(id) ?? 0) + 1);
	const again = accepted.filter(({ id }) => (times.get(id) ?? 0) > 1).map(({ id }) => id);
	const executions = await n8n.client.executions(workflowId);
	const wasCutOff = (id: string) =>
		executions.some((execution) => execution.status === 'crashed' && execution.mentions(id));
	const figures = {
		sent: sent.length,
		'answered 200': accepted.length,
		'cut off': accepted.filter(({ id }) => wasCutOff(id)).length,
		'with their effect': accepted.filter(({ id }) => times.has(id)).length,
		'asked for twice': again.length,
	};
	process.stderr.write(`${JSON.stringify(figures)}\n`);

	expect(figures['cut off']).toBeGreaterThan(0);
	// Between the effect and its being remembered, nothing but the receiver itself can tell: it knows delivery.id.
	expect(again.filter((id) => !wasCutOff(id))).toEqual([]);
	expect(executions.filter(({ status }) => status === 'running')).toEqual([]);
}, 420_000);

test('what fails whatever is done is tried three more times, and told once', async () => {
	const load = stream(
		() => url,
		() => SECRET,
		1,
		POISON,
	);
	await sleep(1_500);
	await load.end();
	expect(load.sent.map(({ status }) => status)).toEqual([200]);
	await poll('the report', 60_000, async () => chat.got.length > 0);
	await sleep(12_000);

	const [{ id } = { id: '' }] = load.sent;
	const executions = await n8n.client.executions(workflowId);
	const runs = executions.filter((execution) => execution.mentions(id));
	expect(runs.map(({ status }) => status)).toEqual(['error', 'error', 'error', 'error']);
	expect(chat.got).toEqual([
		{
			text: expect.stringContaining(
				`${n8n.url}/workflow/${workflowId}/executions/${runs.at(-1)?.id}`,
			) as string,
		},
	]);
}, 120_000);
