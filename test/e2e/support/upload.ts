import { randomUUID } from 'node:crypto';

import type { Execution } from '../../../harness/execution';
import type { Recording } from '../../../harness/koeiq/recording';
import { activate } from '../../../harness/trigger';
import { chain, node, webhookNode, type Workflow } from '../../../harness/workflow';
import { n8nUnderTest } from './trigger';

export const API_KEY = 'koeiq_live_of-the-tests';

/** The node that uploads, in every workflow that is made here. */
export const UPLOAD = 'KoeIQ';

export interface UploadOptions {
	/** Of the KoeIQ node; expressions see the sent fields as `$json.body`. */
	parameters?: Record<string, unknown>;
	/** Of the KoeIQ node itself: `onError`, `retryOnFail`. */
	settings?: Record<string, unknown>;
	credential: { apiKey: string; baseUrl: string };
}

/** A workflow on the real n8n: a webhook gets files, an item is made of each, and the KoeIQ node uploads them. */
export class UploadUnderTest {
	private constructor(
		private readonly url: string,
		readonly workflowId: string,
		private newest: string,
	) {}

	static async start(options: UploadOptions): Promise<UploadUnderTest> {
		const n8n = await n8nUnderTest();
		const id = await n8n.createCredential('koeIqApi', options.credential);
		const path = randomUUID();
		const workflow = uploadWorkflow(path, id, options);
		const { url, workflowId } = await activate(n8n, workflow, path);
		// Waiting for the webhook has started it without a file.
		const [first] = await n8n.waitForExecutions(workflowId, 1);
		return new UploadUnderTest(url, workflowId, first?.id ?? '0');
	}

	/** Sends files and fields as a form would, and waits for the execution to end. */
	async run(files: Recording[], fields: Record<string, string> = {}): Promise<Execution> {
		const n8n = await n8nUnderTest();
		const form = new FormData();
		for (const [name, value] of Object.entries(fields)) form.set(name, value);
		for (const [index, { name, type, content }] of files.entries()) {
			form.set(`file${index}`, new Blob([content], { type }), name);
		}
		const response = await fetch(this.url, { method: 'POST', body: form });
		if (!response.ok) throw new Error(`The webhook answered ${response.status}.`);
		const executions = await n8n.waitForExecutions(this.workflowId, 1, this.newest);
		const [execution] = executions;
		if (execution === undefined) throw new Error('The webhook started no execution.');
		this.newest = execution.id;
		return execution;
	}
}

/** What the KoeIQ node's items hold. */
export function uploaded(execution: Execution): unknown[] {
	return (execution.outputs(UPLOAD)?.[0] ?? []).map(({ json }) => json);
}

function uploadWorkflow(
	path: string,
	credentialId: string,
	{ parameters = {}, settings = {} }: UploadOptions,
): Workflow {
	const split = { fieldToSplitOut: '$binary', include: 'allOtherFields', options: {} };
	const upload = {
		binaryPropertyName: '={{ Object.keys($binary)[0] }}',
		callId: '={{ $json.body.call_id }}',
		...parameters,
	};
	const credentials = { koeIqApi: { id: credentialId, name: 'KoeIQ' } };
	const nodes = [
		webhookNode(path),
		node('One item a file', 'n8n-nodes-base.splitOut', 1, split),
		node(UPLOAD, 'n8n-nodes-koeiq.koeIq', 1, upload, { credentials, ...settings }),
	];
	return chain(`Upload ${path}`, nodes, { timezone: 'Asia/Tokyo' });
}
