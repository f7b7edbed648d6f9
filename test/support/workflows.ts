import { randomUUID } from 'node:crypto';

import type { Workflow } from '../../host/client';
import { KINDS } from '../../nodes/KoeIq/core/events';

export const TRIGGER = 'KoeIQ Trigger';
export const NEXT = 'Next';

/** A node of any kind. */
export interface Next {
	type: string;
	typeVersion: number;
	parameters: Record<string, unknown>;
}

/** The KoeIQ Trigger, and one node behind every output. */
export function startWith(
	webhookId: string,
	credentialId: string,
	{
		parameters = {},
		next = { type: 'n8n-nodes-base.noOp', typeVersion: 1, parameters: {} },
	}: {
		parameters?: Record<string, unknown>;
		next?: Next;
	} = {},
): Workflow {
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
