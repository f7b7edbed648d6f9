import { randomUUID } from 'node:crypto';

import { KINDS } from '../../harness/trigger';
import { chain, node, webhookNode, type Workflow } from '../../harness/workflow';

/* What is measured against each other: each begins with a webhook, and has a node that does nothing after it. */

export interface Made {
	workflow: Workflow;
	/** Of its webhook. */
	path: string;
}

const to = (...names: string[]) =>
	names.map((name) => ({ node: name, type: 'main' as const, index: 0 }));

const NOTHING = node('Nothing', 'n8n-nodes-base.noOp', 1);

/** The bare Webhook node: anybody gets in. */
export function bareWebhook(): Made {
	const path = randomUUID();
	return { path, workflow: chain('Bare Webhook', [webhookNode(path), NOTHING]) };
}

/** The same job by hand, of n8n's own nodes: the raw body's HMAC, compared, answered, and sorted by event. */
export function builtByHand(secret: string): Made {
	const webhookId = randomUUID();
	const webhook = node('Webhook', 'n8n-nodes-base.webhook', 2, {
		httpMethod: 'POST',
		path: webhookId,
		responseMode: 'responseNode',
		options: { rawBody: true },
	});
	const crypto = node('Crypto', 'n8n-nodes-base.crypto', 1, {
		action: 'hmac',
		binaryData: true,
		binaryPropertyName: 'data',
		type: 'SHA256',
		dataPropertyName: 'digest',
		secret,
		encoding: 'hex',
	});
	const condition = (left: string, right: string) => ({
		options: { caseSensitive: true, leftValue: '', typeValidation: 'loose', version: 2 },
		combinator: 'and',
		conditions: [
			{
				id: randomUUID(),
				leftValue: left,
				rightValue: right,
				operator: { type: 'string', operation: 'equals' },
			},
		],
	});
	const signed = node('If', 'n8n-nodes-base.if', 2.2, {
		conditions: condition(
			"={{ $json.headers['x-koeiq-signature'] }}",
			'=sha256={{ $json.digest }}',
		),
		options: {},
	});
	const respond = (name: string, responseCode: number) =>
		node(name, 'n8n-nodes-base.respondToWebhook', 1.1, {
			respondWith: 'noData',
			options: { responseCode },
		});
	const sort = node('Switch', 'n8n-nodes-base.switch', 3.2, {
		rules: {
			values: KINDS.map((kind) => ({ conditions: condition('={{ $json.body.event }}', kind) })),
		},
		options: {},
	});
	return {
		path: webhookId,
		workflow: {
			name: 'Built by hand',
			nodes: [
				{ ...webhook, webhookId },
				...[crypto, signed, respond('Accept', 200), respond('Refuse', 401), sort, NOTHING],
			],
			connections: {
				Webhook: { main: [to('Crypto')] },
				Crypto: { main: [to('If')] },
				If: { main: [to('Accept'), to('Refuse')] },
				Accept: { main: [to('Switch')] },
				Switch: { main: KINDS.map(() => to('Nothing')) },
			},
		},
	};
}
