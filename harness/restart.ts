import { setTimeout as sleep } from 'node:timers/promises';

import type { StartedN8n } from './n8n';
import type { Report } from './report';
import type { StandIn } from './stand-in';
import { NEXT, triggerWorkflow } from './trigger';
import { waitForWebhook } from './wait';
import { node, type Workflow } from './workflow';

/**
 * A workflow that gives each item to `work` as its last step: what that got is what was done. n8n's list can have a run
 * as crashed that came to its end, since a starting n8n takes for cut off what it has just begun itself.
 *
 * No node has an expression: from 2.x on, the first of a run costs n8n more than the run, and here n8n starts under load.
 */
export function workflowFor(work: StandIn, responseMode: 'onReceived' | 'lastNode'): Workflow {
	const workflow = triggerWorkflow({
		parameters: { outputMode: 'single', responseMode },
		next: {
			type: 'n8n-nodes-base.convertToFile',
			typeVersion: 1.1,
			parameters: { operation: 'toJson', mode: 'each', options: {} },
		},
	});
	const name = 'Do the work';
	const parameters = {
		...{ method: 'POST', url: work.url, sendBody: true, options: {} },
		...{ contentType: 'binaryData', inputDataFieldName: 'data' },
	};
	workflow.nodes.push(node(name, 'n8n-nodes-base.httpRequest', 4.2, parameters));
	workflow.connections[NEXT] = { main: [[{ node: name, type: 'main', index: 0 }]] };
	return workflow;
}

/** Before the first fault, after the last and between them; long enough for events to be under way. */
const STEADY_MS = 5_000;

interface Fault {
	/** How often; once unless told. */
	tries?: number;
	/** Ends n8n, and what else it is to end; n8n is then started again. Unless told, it is stopped as an update does. */
	make?: () => Promise<unknown>;
	report?: Report;
}

/** Stops n8n and starts it again, under a load that goes on meanwhile. @param webhook answers once n8n takes events again */
export async function restartUnderLoad(
	n8n: StartedN8n,
	webhook: string,
	{ tries = 1, make = () => n8n.kill('SIGTERM'), report = () => {} }: Fault = {},
): Promise<void> {
	for (let turn = 0; turn < tries; turn++) {
		await sleep(STEADY_MS);
		const began = performance.now();
		const seconds = () => `${Math.round((performance.now() - began) / 1000)} s`;
		report('Stopping n8n …');
		await make();
		report(`It has stopped after ${seconds()}, and starts …`);
		await n8n.restart();
		await waitForWebhook(webhook);
		report(`It takes events again after ${seconds()}.`);
	}
	await sleep(STEADY_MS);
}
