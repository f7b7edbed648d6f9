import { setTimeout as sleep } from 'node:timers/promises';

import { startN8n, type StartedN8n } from '../../harness/n8n';
import { LAZY_ISOLATES } from '../../harness/n8n-settings';
import {
	activateTrigger,
	CREDENTIAL,
	triggerWorkflow,
	waiting,
	type Activated,
} from '../../harness/trigger';
import { poll, waitForWebhook } from '../../harness/wait';
import type { NodeKind } from '../../harness/workflow';
import { stream, type Sent } from '../../harness/load';
import { N8N_CAN, N8N_TEST_VERSION } from '../support/version';
import { disposedAfterAll } from '../support/disposed';

/*
 * One n8n process on SQLite, ended under load as a power cut would, again and again. What was answered 200 has its
 * execution: that is n8n's promise to KoeIQ, and the trigger must not break it.
 */

const SECRET = 'the-secret-of-the-crash-tests';
const PER_SECOND = 20;

let n8n: StartedN8n;
let credentialId: string;

const started = disposedAfterAll();

beforeAll(async () => {
	n8n = await started(startN8n({ version: N8N_TEST_VERSION, env: LAZY_ISOLATES }));
	credentialId = await n8n.client.createCredential(CREDENTIAL, { webhookSecret: SECRET });
}, 600_000);

async function startWorkflow(responseMode: string, next?: NodeKind): Promise<Activated> {
	const workflow = triggerWorkflow({ parameters: { responseMode }, next });
	return await activateTrigger(n8n.client, workflow, credentialId);
}

/** The events that were answered 200 and have no execution. */
async function lost(sent: Sent[], workflowId: string): Promise<Sent[]> {
	const executions = await n8n.client.executions(workflowId);
	return sent
		.filter(({ status }) => status === 200)
		.filter(({ id }) => !executions.some((execution) => execution.mentions(id)));
}

test.each([
	['onReceived', 10],
	['lastNode', 3],
] as const)(
	'under load, %s, killed %i times: nothing that was answered 200 is lost',
	async (responseMode, kills) => {
		const { url, workflowId } = await startWorkflow(responseMode);
		const sent: Sent[] = [];
		for (let kill = 0; kill < kills; kill++) {
			const load = await stream({ url, secret: SECRET, perSecond: PER_SECOND }, async (soFar) => {
				// By number, not by time: a busy machine takes longer.
				const isUnderWay = () => soFar.filter(({ status }) => status === 200).length > PER_SECOND;
				await poll('events to be answered', 60_000, isUnderWay);
				await n8n.kill();
			});
			sent.push(...load);
			await n8n.restart();
			await waitForWebhook(url);
		}
		const answered = sent.filter(({ status }) => status === 200).length;
		const missing = await lost(sent, workflowId);
		const figures = { responseMode, kills, sent: sent.length, answered };
		process.stderr.write(`${JSON.stringify({ ...figures, lost: missing.length })}\n`);

		expect(answered).toBeLessThan(sent.length);
		if (N8N_CAN.storeFirst || responseMode === 'lastNode') expect(missing).toEqual([]);
	},
	600_000,
);

test('told to stop under load, n8n answers what is under way', async () => {
	const { url, workflowId } = await startWorkflow('lastNode', waiting(0.5));
	let toldAt = 0;
	const sent = await stream({ url, secret: SECRET, perSecond: PER_SECOND }, async () => {
		await sleep(3_000);
		toldAt = Date.now();
		await n8n.kill('SIGTERM');
	});
	const underWay = sent.filter(({ at }) => at < toldAt);
	const broken = underWay.filter(({ status }) => status === 0);
	const figures = {
		sent: underWay.length,
		'under way': underWay.filter((one) => one.answeredAt > toldAt).length,
	};
	process.stderr.write(`SIGTERM ${JSON.stringify({ ...figures, broken: broken.length })}\n`);
	await n8n.restart();
	expect(figures['under way']).toBeGreaterThan(0);
	expect(broken).toEqual([]);
	expect(await lost(sent, workflowId)).toEqual([]);
}, 120_000);
