import type { N8nClient } from '../../harness/client';
import { activateWithSecrets, type Activated } from '../../harness/trigger';
import type { Workflow } from '../../harness/workflow';

const START = 'Start here once';

/** What a user does with a template that begins with a KoeIQ Trigger: the credential, publish, the tables. */
export async function startTemplate(
	client: N8nClient,
	workflow: Workflow,
	webhookSecret: string,
): Promise<Activated> {
	const started = await activateWithSecrets(client, workflow, { webhookSecret });
	if (workflow.nodes.some(({ name }) => name === START)) {
		await client.runManually(started.workflowId, START);
		await client.waitForExecutions(started.workflowId, 1);
	}
	return started;
}
