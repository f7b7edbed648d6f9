import { randomUUID } from 'node:crypto';

import { N8N_VERSION, startN8n } from '../harness/n8n';
import { LAZY_ISOLATES } from '../harness/n8n-settings';
import { activate, activateWithSecrets, triggerWorkflow } from '../harness/trigger';
import { chain, node, webhookNode } from '../harness/workflow';
import { compare, type Report } from './support/compare';
import { ACCEPTED, cost, FORGED, SECRET } from './support/load';

/* One n8n process on SQLite: the trigger beside n8n's bare Webhook node, which lets anybody in. */

const REQUESTS = 120;

export async function n8n(report: Report): Promise<void> {
	await using host = await startN8n({ env: LAZY_ISOLATES, report });
	const { client } = host;
	const path = randomUUID();
	const nothing = node('Nothing', 'n8n-nodes-base.noOp', 1);
	const webhook = chain('Bare Webhook', [webhookNode(path), nothing]);
	const secrets = { webhookSecret: SECRET };
	const { url: trigger } = await activateWithSecrets(client, triggerWorkflow(), secrets);
	const { url: bare } = await activate(client, webhook, path);
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
				contender('KoeIQ Trigger, forged', trigger, FORGED),
			],
		},
		report,
	);
}
