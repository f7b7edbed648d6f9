import type { N8nClient } from '../../harness/client';
import { setField, template } from '../../harness/templates';
import { nodeOf as node } from '../../harness/workflow';

export const TICK_SECONDS = 5;

/**
 * Starts the template "recover" as its notes say, with seconds in place of minutes.
 *
 * @param options.keepsRuns keeps its own runs that succeed, which the template does not
 */
export async function startRecovery(
	client: N8nClient,
	chat: string,
	n8nUrl: string,
	{ stuckMinutes = 60, mostAtOnce = 10, keepsRuns = false } = {},
): Promise<string> {
	const workflow = template('recover');
	const data = { apiKey: client.apiKey, baseUrl: `${n8nUrl}/api/v1` };
	const n8nApi = { id: await client.createCredential('n8nApi', data), name: 'n8n' };
	for (const name of USING_THE_API) node(workflow, name).credentials = { n8nApi };
	setField(workflow, 'Settings', 'pauses_minutes', '=[0, 0.25, 0.5]');
	setField(workflow, 'Settings', 'stuck_minutes', stuckMinutes);
	setField(workflow, 'Settings', 'most_at_once', mostAtOnce);
	// Longer than a tick takes on a busy machine: else two would work at once.
	setField(workflow, 'Settings', 'tick_minutes', 1);
	setField(workflow, 'Settings', 'n8n_url', n8nUrl);
	node(workflow, 'Every five minutes').parameters.rule = {
		interval: [{ field: 'seconds', secondsInterval: TICK_SECONDS }],
	};
	node(workflow, 'Tell what was given up').parameters.url = chat;
	if (keepsRuns) workflow.settings = { ...workflow.settings, saveDataSuccessExecution: 'all' };
	const workflowId = await client.createWorkflow(workflow);
	await client.runManually(workflowId, 'Start here once');
	await client.activate(workflowId);
	return workflowId;
}

const USING_THE_API = [
	'List the workflows',
	'List their runs',
	'Look into it',
	'Stop it',
	'Run it again',
];
