import { randomUUID } from 'node:crypto';

import type { N8nClient } from '../../../harness/client';
import { startInbox, type Inbox } from '../../../harness/inbox';
import { deliver } from '../../../harness/koeiq/sender';
import { freePort } from '../../../harness/ports';
import { CREDENTIAL, TRIGGER, triggerWorkflow } from '../../../harness/trigger';
import { nodeOf, type NodeKind, type Workflow, type WorkflowNode } from '../../../harness/workflow';
import { SECRET } from './trigger';

export const INBOX_CREDENTIAL = 'koeIqInboxApi';
export const API_KEY = 'the-key-of-the-inbox-of-the-tests';

/** A target as the inbox's API tells it. */
export interface Target {
	key: string;
	url: string;
	name: string;
	state: string;
	delivered: number;
	failed: number;
}

/** An inbox to whose API the n8n under test has a credential. */
export class InboxUnderTest implements AsyncDisposable {
	private constructor(
		readonly inbox: Inbox,
		/** Of the admin port. */
		readonly admin: string,
		readonly credentialId: string,
		private readonly webhookCredentialId: string,
	) {}

	static async start(n8n: N8nClient, env: NodeJS.ProcessEnv = {}): Promise<InboxUnderTest> {
		const port = await freePort();
		const inbox = await startInbox({
			env: {
				INBOX_WEBHOOK_SECRET: SECRET,
				INBOX_API_KEY: API_KEY,
				INBOX_ADMIN_PORT: String(port),
				...env,
			},
		});
		const url = `http://127.0.0.1:${port}`;
		return new InboxUnderTest(
			inbox,
			url,
			// The webhooks' address and the editor's are two in queue mode: a Test URL is at the editor's.
			await n8n.createCredential(INBOX_CREDENTIAL, { url, apiKey: API_KEY, n8nUrl: n8n.webhooks }),
			await n8n.createCredential(CREDENTIAL, { webhookSecret: SECRET }),
		);
	}

	/** A workflow whose trigger registers itself here. */
	workflow(parameters: Record<string, unknown> = {}, next?: NodeKind): Workflow {
		const workflow = triggerWorkflow({ parameters: { source: 'inbox', ...parameters }, next });
		nodeOf(workflow, TRIGGER).credentials = {
			[CREDENTIAL]: { id: this.webhookCredentialId, name: 'KoeIQ' },
			...this.credentials,
		};
		return workflow;
	}

	get credentials(): NonNullable<WorkflowNode['credentials']> {
		return { [INBOX_CREDENTIAL]: { id: this.credentialId, name: 'Inbox' } };
	}

	/** Sends an event as KoeIQ would. */
	async receive(payload: string): Promise<void> {
		expect(await deliver(`${this.inbox.url}/koeiq`, SECRET, payload)).toMatchObject({
			status: 200,
		});
	}

	async targets(): Promise<Target[]> {
		const response = await fetch(`${this.admin}/api/v1/targets`, {
			headers: { authorization: `Bearer ${API_KEY}` },
		});
		return ((await response.json()) as { targets: Target[] }).targets;
	}

	/** The target of a workflow, if it has registered. */
	async target(workflow: Workflow): Promise<Target | undefined> {
		const { webhookId } = nodeOf(workflow, TRIGGER);
		return (await this.targets()).find(({ key }) => key === webhookId);
	}

	async [Symbol.asyncDispose](): Promise<void> {
		await this.inbox[Symbol.asyncDispose]();
	}
}

/** An event of its own: the inbox takes the same bytes only once. */
export function fresh(sample: string): { payload: string; callId: string } {
	const callId = `CALL-${randomUUID()}`;
	const made = JSON.parse(sample) as { data: object };
	return { payload: JSON.stringify({ ...made, data: { ...made.data, call_id: callId } }), callId };
}
