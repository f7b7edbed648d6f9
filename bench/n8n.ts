import { N8N_VERSION, startN8n } from '../harness/n8n';
import { LAZY_ISOLATES } from '../harness/n8n-settings';
import { activate, activateWithSecrets, triggerWorkflow } from '../harness/trigger';
import { compare, type Report } from './support/compare';
import { ACCEPTED, cost, FORGED, SECRET } from './support/load';
import { bareWebhook, builtByHand, type Made } from './support/workflows';

/* One n8n process on SQLite: the trigger beside no check at all, and beside the same check built from n8n's own nodes. */

const REQUESTS = 120;

export async function n8n(report: Report): Promise<void> {
	await using host = await startN8n({ env: LAZY_ISOLATES, report });
	const { client } = host;
	const put = async ({ workflow, path }: Made) => (await activate(client, workflow, path)).url;
	const secrets = { webhookSecret: SECRET };
	const { url: trigger } = await activateWithSecrets(client, triggerWorkflow(), secrets);
	const [bare, byHand] = [await put(bareWebhook()), await put(builtByHand(SECRET))];
	const contender = (name: string, url: string, kind: typeof ACCEPTED) => ({
		name,
		measure: () => cost(host.pid(), { ...kind, url, requests: REQUESTS }),
	});
	await compare(
		{
			name: 'n8n',
			text: `# In n8n\n\nn8n ${N8N_VERSION}, one process, SQLite, \`N8N_EXPRESSION_ENGINE_LAZY_ACQUIRE=true\`; ${ACCEPTED.connections} connections, ${REQUESTS} requests a round. CPU is that of n8n's process, the execution after the answer included.`,
			rounds: 5,
			contenders: [
				contender('Bare Webhook, accepted', bare, ACCEPTED),
				contender('KoeIQ Trigger, accepted', trigger, ACCEPTED),
				contender('Built by hand, accepted', byHand, ACCEPTED),
				contender('KoeIQ Trigger, forged', trigger, FORGED),
				contender('Built by hand, forged', byHand, FORGED),
			],
		},
		report,
	);
}
