import { setTimeout as sleep } from 'node:timers/promises';

import type { Execution } from '../../harness/execution';
import { startN8n, type StartedN8n } from '../../harness/n8n';
import { LAZY_ISOLATES } from '../../harness/n8n-settings';
import { poll, waitForWebhook } from '../../harness/wait';
import { endedAfterAll } from '../support/opened';
import { Receiver } from '../support/receiver';
import { TICK_SECONDS, startRecovery } from '../support/recovery';
import { startTemplate } from '../support/started';
import { stream, type Sent } from '../support/stream';
import { setField, template } from '../../harness/templates';
import { nodeOf as node } from '../../harness/workflow';
import { N8N_TEST_VERSION } from '../support/version';

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
	const workflow = template('exactly-once');
	setField(workflow, 'Settings', 'work_minutes', 0.1);
	setField(workflow, 'Settings', 'wait_seconds', 2);
	Object.assign(node(workflow, 'Do the work'), receiver.node());
	({ url, workflowId } = await startTemplate(n8n.client, workflow, SECRET));
	await startRecovery(n8n.client, chat.url, n8n.url);
}, 600_000);

afterAll(async () => {
	await receiver.stop();
	await chat.stop();
});

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
	await poll('every event to have its effect', 150_000, async () => undone().length === 0).catch(
		async (error: unknown) => {
			await n8n.client.signIn();
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
	await n8n.client.signIn();
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
}, 300_000);

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
	await sleep(3 * TICK_SECONDS * 1_000);

	const [{ id } = { id: '' }] = load.sent;
	const runs = await runsOf(id);
	expect(runs.map(({ status }) => status)).toEqual(['error', 'error', 'error', 'error']);
	expect(chat.got).toEqual([
		{
			text: expect.stringContaining(
				`${n8n.url}/workflow/${workflowId}/executions/${runs[0]?.id}`,
			) as string,
		},
	]);
}, 120_000);

/** What an attempt does, and the states of all runs of its event 100 seconds later, the first run's before. */
const ATTEMPTS = [
	{ what: 'waits for long', pause: 3_600, states: ['error', 'waiting'] },
	{ what: 'waits, then succeeds', pause: 66, states: ['error', 'success'] },
	{
		what: 'is canceled by a person',
		pause: 3_600,
		canceled: true,
		states: ['error', 'canceled', 'canceled', 'canceled'],
	},
];

test('an attempt that waits is not repeated, one that is canceled counts', async () => {
	const failed = new Set<string>();
	receiver.fails = (body) => {
		const { voicelog_id } = (body as Effect).data;
		if (!voicelog_id.includes('paused')) return voicelog_id.includes(POISON);
		const isFirst = !failed.has(voicelog_id);
		failed.add(voicelog_id);
		return isFirst;
	};
	const found = await Promise.all(
		ATTEMPTS.map(async ({ what, pause, canceled = false }) => ({
			what,
			states: await statesOf(pause, canceled),
		})),
	);
	expect(found).toEqual(ATTEMPTS.map(({ what, states }) => ({ what, states })));
}, 240_000);

async function statesOf(pause: number, canceled: boolean): Promise<string[]> {
	const workflow = template('exactly-once-short');
	Object.assign(node(workflow, 'Do the work'), receiver.node());
	// The first run fails before it gets here.
	workflow.nodes.push({ id: 'pause', name: 'Pause', position: [1048, 192], ...wait(pause) });
	workflow.connections['Do the work'] = { main: [[{ node: 'Pause', type: 'main', index: 0 }]] };
	const started = await startTemplate(n8n.client, workflow, SECRET);
	const load = stream(
		() => started.url,
		() => SECRET,
		1,
		'paused',
	);
	await sleep(1_200);
	await load.end();
	const end = Date.now() + 100_000;
	while (Date.now() < end) {
		await sleep(2_000);
		if (!canceled) continue;
		for (const { id, status } of await n8n.client.executions(started.workflowId)) {
			if (status === 'waiting') await n8n.client.stopExecution(id);
		}
	}
	const runs = await n8n.client.executions(started.workflowId);
	await n8n.client.deactivate(started.workflowId);
	return runs.map(({ status }) => status);
}

function wait(seconds: number) {
	const parameters = { amount: seconds, unit: 'seconds' };
	return { type: 'n8n-nodes-base.wait', typeVersion: 1.1, parameters };
}

async function runsOf(id: string): Promise<Execution[]> {
	const executions = await n8n.client.executions(workflowId);
	return executions.filter((execution) => execution.mentions(id));
}
