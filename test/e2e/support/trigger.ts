import { randomUUID } from 'node:crypto';
import { request as httpRequest, type OutgoingHttpHeaders } from 'node:http';

import { N8nClient, type Execution, type Workflow } from '../../../harness/client';
import { sign, SIGNATURE_HEADER } from '../../../harness/koeiq/sender';
import { poll, waitForWebhook } from '../../../harness/n8n';
import { SAMPLES } from '../../../harness/koeiq/samples';
import { LABELS } from '../../../harness/trigger';
import { N8N_URL } from './start';

export const SECRET = 'the-secret-that-koeiq-signs-with';

/** The three sample events of KoeIQ's reference, as it writes them. */
export const [TRANSCRIPTION = '', ANALYTICS = '', ALERT = ''] = Object.values(SAMPLES).map(
	(sample) => JSON.stringify(sample),
);

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
	const connected = new N8nClient(url);
	await connected.signIn();
	return connected;
}

export interface TriggerOptions {
	parameters?: Record<string, unknown>;
	/** Of the credential; `null` leaves the node without one. */
	secrets?: { webhookSecret: string; previousWebhookSecret?: string } | null;
	/** The node behind every output; does nothing unless told. */
	next?: { type: string; typeVersion: number; parameters: Record<string, unknown> };
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

const TRIGGER = 'KoeIQ Trigger';
const NEXT = 'Next';

/** A workflow on the real n8n that begins with a KoeIQ Trigger, switched on. */
export class TriggerUnderTest {
	/** How many executions earlier requests have started. */
	private seen = 0;

	private constructor(
		readonly url: string,
		readonly workflowId: string,
		readonly credentialId: string | undefined,
		private readonly client: N8nClient,
		private readonly marker: TriggerUnderTest | undefined,
	) {}

	/** One that has a node behind every output. */
	static async start({
		parameters = {},
		secrets = { webhookSecret: SECRET },
		next,
	}: TriggerOptions = {}): Promise<TriggerUnderTest> {
		return await TriggerUnderTest.of(workflow(parameters, next), secrets);
	}

	/** The trigger of any workflow, with a credential of its own. */
	static async of(
		made: Workflow,
		secrets: TriggerOptions['secrets'] = { webhookSecret: SECRET },
	): Promise<TriggerUnderTest> {
		marker ??= TriggerUnderTest.activate(workflow({}), { webhookSecret: SECRET }, undefined);
		return await TriggerUnderTest.activate(made, secrets, await marker);
	}

	private static async activate(
		made: Workflow,
		secrets: TriggerOptions['secrets'],
		marker: TriggerUnderTest | undefined,
	): Promise<TriggerUnderTest> {
		const n8n = await n8nUnderTest();
		const trigger = made.nodes.find(({ name }) => name === TRIGGER);
		if (trigger?.webhookId === undefined) throw new Error(`${made.name} has no ${TRIGGER}.`);
		let credentialId: string | undefined;
		if (secrets !== undefined && secrets !== null) {
			credentialId = await n8n.createCredential('koeIqWebhookApi', { ...secrets });
			trigger.credentials = { koeIqWebhookApi: { id: credentialId, name: 'test' } };
		}
		const workflowId = await n8n.createWorkflow(made);
		await n8n.activate(workflowId);
		const url = `${n8n.url}/webhook/${trigger.webhookId}/koeiq`;
		await waitForWebhook(url);
		return new TriggerUnderTest(url, workflowId, credentialId, n8n, marker);
	}

	/** Runs the workflow by hand from its manual trigger, to the end. */
	async runManually(trigger: string): Promise<Execution[]> {
		await this.client.runManually(this.workflowId, trigger);
		let executions: Execution[] = [];
		await poll('the manual execution', 30_000, async () => {
			executions = await this.client.executions(this.workflowId, this.seen);
			return executions.length > 0;
		});
		this.seen += executions.length;
		return executions;
	}

	/** Sends a request as KoeIQ would, and tells what came of it. */
	async receive(payload: string | Uint8Array, options: RequestOptions = {}): Promise<Result> {
		const { seen } = this;
		const answer = await this.send(payload, options);
		const expected = options.executions ?? (answer.status === 200 && answer.body === '' ? 1 : 0);
		let executions: Execution[] = [];
		await poll(`${expected} executions`, 30_000, async () => {
			executions = await this.client.executions(this.workflowId, seen);
			return executions.length >= expected;
		});
		// n8n takes requests in turn: once a later one has run, none of ours can still be to come.
		await this.marker?.receive(ALERT);
		executions = await this.client.executions(this.workflowId, seen);
		this.seen += executions.length;
		return { ...answer, executions };
	}

	/** Sends a request with exactly these headers: `fetch` would fold repeated ones. */
	async send(
		payload: string | Uint8Array,
		{ method = 'POST', signature, secret = SECRET, headers = {} }: RequestOptions = {},
	): Promise<Omit<Result, 'executions'>> {
		const signatures = signature === undefined ? sign(secret, payload) : signature;
		return await new Promise((resolve, reject) => {
			const request = httpRequest(
				this.url,
				{
					method,
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

/** What the nodes behind the trigger got: the proof that the item went down the wire. */
export function received(execution: Execution | undefined): Record<string, unknown[]> {
	const names = [NEXT, ...LABELS.map((label) => `${NEXT} ${label}`)];
	const got = names.map((name) => [name, execution?.outputs(name)?.[0]] as const);
	return Object.fromEntries(
		got.flatMap(([name, items]) =>
			items === undefined ? [] : [[name, items.map(({ json }) => json)]],
		),
	);
}

function workflow(
	parameters: Record<string, unknown>,
	next: TriggerOptions['next'] = { type: 'n8n-nodes-base.noOp', typeVersion: 1, parameters: {} },
): Workflow {
	const names =
		parameters.outputMode === 'single' ? [NEXT] : LABELS.map((label) => `${NEXT} ${label}`);
	const webhookId = randomUUID();
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
			},
			...names.map((name, index) => ({
				id: randomUUID(),
				name,
				position: [300, 150 * index] as [number, number],
				...next,
			})),
		],
		connections: { [TRIGGER]: { main: names.map((node) => [{ node, type: 'main', index: 0 }]) } },
	};
}
