import { Agent, request as httpRequest, type OutgoingHttpHeaders } from 'node:http';

import { N8nClient } from '../../../harness/client';
import type { Execution } from '../../../harness/execution';
import { sampleOf } from '../../../harness/koeiq/samples';
import { sign, SIGNATURE_HEADER } from '../../../harness/koeiq/sender';
import {
	activateTrigger,
	activateWithSecrets,
	CREDENTIAL,
	LABELS,
	NEXT,
	TRIGGER,
	triggerWorkflow,
	type Secrets,
} from '../../../harness/trigger';
import { REQUEST_MILLISECONDS } from '../../../harness/wait';
import type { NodeKind, Workflow } from '../../../harness/workflow';
import { N8N_URL, N8N_WEBHOOKS } from './start';

export const SECRET = 'the-secret-that-koeiq-signs-with';

/** The three sample events of KoeIQ's reference, as it writes them. */
export const TRANSCRIPTION = JSON.stringify(sampleOf('transcription.completed'));
export const ANALYTICS = JSON.stringify(sampleOf('analytics.completed'));
export const ALERT = JSON.stringify(sampleOf('alert.triggered'));

/** The n8n that the test run has started, signed in to once. */
export async function n8nUnderTest(): Promise<N8nClient> {
	client ??= connect();
	return await client;
}

let client: Promise<N8nClient> | undefined;

async function connect(): Promise<N8nClient> {
	const url = process.env[N8N_URL];
	if (url === undefined)
		throw new Error(`${N8N_URL} is not set: run the end-to-end tests with jest.`);
	const connected = new N8nClient(url, process.env[N8N_WEBHOOKS]);
	await connected.signIn();
	return connected;
}

export interface TriggerOptions {
	parameters?: Record<string, unknown>;
	/** Of the credential; `null` leaves the node without one. */
	secrets?: Secrets | null;
	/** The node after every output; does nothing unless told. */
	next?: NodeKind;
}

/** What a request came to: n8n's answer, and the executions that it started. */
export interface Result {
	status: number;
	body: string;
	contentType: string | undefined;
	executions: Execution[];
}

export interface RequestOptions {
	method?: string;
	/** Replaces the right signature; an array sends the header so often, `null` not at all. */
	signature?: string | string[] | null;
	secret?: string;
	headers?: OutgoingHttpHeaders;
	/** How many executions to wait for: 1 where the answer is an empty 200, else none. */
	executions?: number;
}

/** A workflow on the real n8n that begins with a KoeIQ Trigger, switched on. */
export class TriggerUnderTest {
	/** The newest execution that an earlier request has started. */
	private newest = '0';

	private constructor(
		readonly url: string,
		readonly workflowId: string,
		readonly credentialId: string | undefined,
		private readonly client: N8nClient,
		private readonly marker: TriggerUnderTest | undefined,
	) {}

	/** One that has a node after every output. */
	static async start({
		secrets = { webhookSecret: SECRET },
		...workflow
	}: TriggerOptions = {}): Promise<TriggerUnderTest> {
		return await TriggerUnderTest.of(triggerWorkflow(workflow), secrets);
	}

	/** The trigger of any workflow, with a credential of its own. */
	static async of(
		workflow: Workflow,
		secrets: Secrets | null = { webhookSecret: SECRET },
	): Promise<TriggerUnderTest> {
		marker ??= TriggerUnderTest.activate(triggerWorkflow(), { webhookSecret: SECRET });
		return await TriggerUnderTest.activate(workflow, secrets, await marker);
	}

	private static async activate(
		workflow: Workflow,
		secrets: Secrets | null,
		marker?: TriggerUnderTest,
	): Promise<TriggerUnderTest> {
		const n8n = await n8nUnderTest();
		const { url, workflowId, credentialId } =
			secrets === null
				? { ...(await activateTrigger(n8n, workflow, undefined)), credentialId: undefined }
				: await activateWithSecrets(n8n, workflow, secrets);
		return new TriggerUnderTest(url, workflowId, credentialId, n8n, marker);
	}

	/** Runs the workflow by hand from its manual trigger, to the end. */
	async runManually(trigger: string): Promise<Execution[]> {
		await this.client.runManually(this.workflowId, trigger);
		return await this.ended(1);
	}

	/** Sends a request as KoeIQ would, and tells what came of it. */
	async receive(payload: string | Uint8Array, options: RequestOptions = {}): Promise<Result> {
		const answer = await this.send(payload, options);
		const expected = options.executions ?? (answer.status === 200 && answer.body === '' ? 1 : 0);
		await this.client.waitForExecutions(this.workflowId, expected, this.newest);
		// n8n takes requests in turn: once a later one has run, a refused one can no longer start anything.
		if (expected === 0) await this.marker?.receive(ALERT);
		return { ...answer, executions: await this.ended(expected) };
	}

	/** So many executions or more since the last that a test has seen, once they have ended. */
	async ended(expected: number): Promise<Execution[]> {
		const { client, workflowId, newest } = this;
		const executions = await client.waitForExecutions(workflowId, expected, newest);
		this.newest = executions.at(-1)?.id ?? newest;
		return executions;
	}

	/** Sends a request with exactly these headers: `fetch` would fold repeated ones. */
	async send(
		payload: string | Uint8Array,
		{ method = 'POST', signature, secret = SECRET, headers = {} }: RequestOptions = {},
	): Promise<Omit<Result, 'executions'>> {
		const signatures = signature === undefined ? sign(secret, payload) : signature;
		// A connection of its own: n8n may just be closing one that has been idle. It is kept open, so that an answer that
		// comes before n8n has read the body can be read.
		const agent = new Agent({ keepAlive: true });
		const answer = new Promise<Omit<Result, 'executions'>>((resolve, reject) => {
			const request = httpRequest(
				this.url,
				{
					method,
					agent,
					signal: AbortSignal.timeout(REQUEST_MILLISECONDS),
					headers: {
						'content-type': 'application/json',
						'content-length': Buffer.byteLength(payload),
						...(signatures === null ? {} : { [SIGNATURE_HEADER]: signatures }),
						...headers,
					},
				},
				(response) => {
					const chunks: Buffer[] = [];
					response.on('data', (chunk: Buffer) => chunks.push(chunk));
					response.on('end', () => {
						resolve({
							status: response.statusCode ?? 0,
							body: Buffer.concat(chunks).toString(),
							contentType: response.headers['content-type'],
						});
					});
				},
			);
			request.on('error', reject);
			request.end(payload);
		});
		return await answer.finally(() => {
			agent.destroy();
		});
	}

	/** Saves others in the trigger's credential. */
	async changeSecrets(secrets: Secrets): Promise<void> {
		if (this.credentialId === undefined) throw new Error('The trigger has no credential.');
		await this.client.updateCredential(this.credentialId, CREDENTIAL, secrets);
	}

	async deleteCredential(): Promise<void> {
		if (this.credentialId !== undefined) await this.client.deleteCredential(this.credentialId);
	}
}

let marker: Promise<TriggerUnderTest> | undefined;

/** The items on each output of the trigger, without the wrapping. */
export function outputs(execution: Execution | undefined): unknown[][] {
	return (execution?.outputs(TRIGGER) ?? []).map((items) => items.map(({ json }) => json));
}

/** What the nodes after the trigger got: the proof that the item went down the wire. */
export function received(execution: Execution | undefined): Record<string, unknown[]> {
	const names = [NEXT, ...LABELS.map((label) => `${NEXT} ${label}`)];
	const got = names.map((name) => [name, execution?.outputs(name)?.[0]] as const);
	return Object.fromEntries(
		got.flatMap(([name, items]) =>
			items === undefined ? [] : [[name, items.map(({ json }) => json)]],
		),
	);
}
