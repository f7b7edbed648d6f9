import { randomUUID } from 'node:crypto';

import { kindsOf, TYPE_VERSIONS } from '../nodes/KoeIq/core/events';
import { labelOf } from '../nodes/KoeIq/trigger/words';
import type { N8nClient } from './client';
import { waitForWebhook } from './wait';
import { node, nodeOf, type NodeKind, type Workflow } from './workflow';

/** The typeVersion that the editor gives to a trigger that is dragged in today. */
export const TYPE_VERSION = Math.max(...TYPE_VERSIONS);

/** What it tells apart, and the labels of its outputs. */
export const KINDS = kindsOf(TYPE_VERSION);
export const LABELS = KINDS.map(labelOf);

/** The trigger's name in every workflow that is made here. */
export const TRIGGER = 'KoeIQ Trigger';
/** What the names of the nodes after it begin with. */
export const NEXT = 'Next';

export const TRIGGER_TYPE = 'n8n-nodes-koeiq.koeIqTrigger';
export const CREDENTIAL = 'koeIqWebhookApi';
export const INBOX_CREDENTIAL = 'koeIqInboxApi';

export interface Secrets extends Record<string, string> {
	webhookSecret: string;
}

const NOTHING: NodeKind = { type: 'n8n-nodes-base.noOp', typeVersion: 1, parameters: {} };

/** The KoeIQ Trigger, and one node after each of its outputs: `Next`, or `Next Alert` and so on with `perEvent`. */
export function triggerWorkflow({
	parameters = {},
	next = NOTHING,
}: { parameters?: Record<string, unknown>; next?: NodeKind } = {}): Workflow {
	const names = namesOfNext(parameters);
	const webhookId = randomUUID();
	return {
		name: `${TRIGGER} ${webhookId}`,
		nodes: [
			node(TRIGGER, TRIGGER_TYPE, TYPE_VERSION, parameters, { webhookId }),
			...names.map((name, index) => {
				const { type, typeVersion, parameters: own } = next;
				return node(name, type, typeVersion, own, { position: [300, 150 * index] });
			}),
		],
		connections: { [TRIGGER]: { main: names.map((node) => [{ node, type: 'main', index: 0 }]) } },
	};
}

function namesOfNext({ outputMode }: Record<string, unknown>): string[] {
	return outputMode === 'perEvent' ? LABELS.map((label) => `${NEXT} ${label}`) : [NEXT];
}

export interface Activated {
	/** The production URL. */
	url: string;
	workflowId: string;
}

/**
 * Gives the workflow's KoeIQ Trigger its credential, puts the workflow into n8n, switches it on, and waits until it
 * answers.
 *
 * @param credentialId as {@link N8nClient.createCredential} has made it; `undefined` leaves the trigger without one
 */
export async function activateTrigger(
	client: N8nClient,
	workflow: Workflow,
	credentialId: string | undefined,
): Promise<Activated> {
	const trigger = nodeOf(workflow, TRIGGER);
	if (credentialId !== undefined) {
		trigger.credentials = {
			...trigger.credentials,
			[CREDENTIAL]: { id: credentialId, name: 'KoeIQ' },
		};
	}
	// A template has none, so that no two users share a URL: the editor gives it one when it is imported.
	trigger.webhookId ??= randomUUID();
	return await activate(client, workflow, `${trigger.webhookId}/koeiq`);
}

/** The same with a credential that holds these secrets. */
export async function activateWithSecrets(
	client: N8nClient,
	workflow: Workflow,
	secrets: Secrets,
): Promise<Activated & { credentialId: string }> {
	const credentialId = await client.createCredential(CREDENTIAL, secrets);
	return { ...(await activateTrigger(client, workflow, credentialId)), credentialId };
}

/** Has the workflow's KoeIQ Trigger register itself at an inbox. @param credentialId of the inbox */
export function registerAtInbox(workflow: Workflow, credentialId: string): Workflow {
	const trigger = nodeOf(workflow, TRIGGER);
	trigger.parameters.source = 'inbox';
	trigger.credentials = {
		...trigger.credentials,
		[INBOX_CREDENTIAL]: { id: credentialId, name: 'KoeIQ Inbox' },
	};
	return workflow;
}

/** Any workflow that begins with a webhook of this path. */
export async function activate(
	client: N8nClient,
	workflow: Workflow,
	path: string,
): Promise<Activated> {
	const workflowId = await client.createWorkflow(workflow);
	await client.activate(workflowId);
	const url = `${client.webhooks}/webhook/${path}`;
	await waitForWebhook(url);
	return { url, workflowId };
}
