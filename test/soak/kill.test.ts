import { stream, type Sent } from '../../harness/load';
import { startN8n } from '../../harness/n8n';
import { LAZY_ISOLATES } from '../../harness/n8n-settings';
import { activateWithSecrets, triggerWorkflow } from '../../harness/trigger';
import { poll, waitForWebhook } from '../../harness/wait';
import { N8N_CAN, N8N_TEST_VERSION } from '../support/version';

/*
 * One n8n process on SQLite, ended under load as a power cut would, again and again. What was answered 200 has its
 * execution: that is n8n's promise to KoeIQ, and the trigger must not break it.
 */

const SECRET = 'the-secret-of-the-crash-tests';
const PER_SECOND = 20;

test.each([
	['onReceived', 10],
	['lastNode', 3],
] as const)(
	'under load, %s, killed %i times: nothing that was answered 200 is lost',
	async (responseMode, kills) => {
		await using n8n = await startN8n({ version: N8N_TEST_VERSION, env: LAZY_ISOLATES });
		const workflow = triggerWorkflow({ parameters: { responseMode } });
		const secrets = { webhookSecret: SECRET };
		const { url, workflowId } = await activateWithSecrets(n8n.client, workflow, secrets);
		const isAnswered = ({ status }: Sent) => status === 200;
		const sent: Sent[] = [];
		for (let kill = 0; kill < kills; kill++) {
			const load = await stream({ url, secret: SECRET, perSecond: PER_SECOND }, async (soFar) => {
				// By number, not by time: a busy machine takes longer.
				const isUnderWay = () => soFar.filter(isAnswered).length > PER_SECOND;
				await poll('events to be answered', 60_000, isUnderWay);
				await n8n.kill();
			});
			sent.push(...load);
			await n8n.restart();
			await waitForWebhook(url);
		}
		const executions = await n8n.client.executions(workflowId);
		const answered = sent.filter(isAnswered);
		const lost = answered.filter(({ id }) => !executions.some((one) => one.mentions(id)));
		const figures = { sent: sent.length, answered: answered.length, lost: lost.length };
		process.stderr.write(`${JSON.stringify({ responseMode, kills, ...figures })}\n`);
		expect(answered.length).toBeLessThan(sent.length);
		if (N8N_CAN.storeFirst || responseMode === 'lastNode') expect(lost).toEqual([]);
	},
	900_000,
);
