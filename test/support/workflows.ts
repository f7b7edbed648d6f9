import { randomUUID } from 'node:crypto';

import type { N8nClient, Workflow } from '../../harness/client';
import { waitForWebhook } from '../../harness/n8n';
import { KINDS } from '../../harness/trigger';

export const TRIGGER = 'KoeIQ Trigger';
export const NEXT = 'Next';

/** A node of any kind. */
export interface Next {
	type: string;
	typeVersion: number;
	parameters: Record<string, unknown>;
}

/** Puts a workflow that begins with a KoeIQ Trigger into n8n, and switches it on. */
export async function activate(
	client: N8nClient,
	workflow: Workflow,
	receiver = client.url,
): Promise<{ url: string; workflowId: string }> {
	const trigger = workflow.nodes.find(({ name }) => name === TRIGGER);
	if (trigger?.webhookId === undefined) throw new Error(`${workflow.name} has no ${TRIGGER}.`);
	const workflowId = await client.createWorkflow(workflow);
	await client.activate(workflowId);
	const url = `${receiver}/webhook/${trigger.webhookId}/koeiq`;
	await waitForWebhook(url);
	return { url, workflowId };
}

/** The KoeIQ Trigger, and one node behind every output. */
export function startWith(
	credentialId: string,
	{
		parameters = {},
		next = { type: 'n8n-nodes-base.noOp', typeVersion: 1, parameters: {} },
	}: {
		parameters?: Record<string, unknown>;
		next?: Next;
	} = {},
): Workflow {
	const webhookId = randomUUID();
	const outputs = parameters.outputMode === 'single' ? 1 : KINDS.length;
	return {
		name: `test ${webhookId}`,
		nodes: [
			{
				id: randomUUID(),
				name: TRIGGER,
				type: 'n8n-nodes-koeiq.koeIqTrigger',
				typeVersion: 2,
				position: [0, 0],
				parameters,
				webhookId,
				credentials: { koeIqWebhookApi: { id: credentialId, name: 'test' } },
			},
			{ id: randomUUID(), name: NEXT, position: [300, 0], ...next },
		],
		connections: {
			[TRIGGER]: {
				main: Array.from({ length: outputs }, () => [{ node: NEXT, type: 'main', index: 0 }]),
			},
		},
	};
}
