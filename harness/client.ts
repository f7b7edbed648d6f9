import { randomUUID } from 'node:crypto';

import { isFinished, toExecution, type Execution, type ExecutionRecord } from './execution';
import { HarnessError } from './report';
import { poll, REQUEST_MILLISECONDS } from './wait';
import type { Workflow } from './workflow';

/** The owner's sign-in of every n8n that is started here. It listens on 127.0.0.1 only. */
export const OWNER = { email: 'owner@example.com', password: 'KoeIQ-local-1' } as const;

/** A running n8n, through its API: the same whatever database or version is behind it. */
export class N8nClient {
	private cookie = '';
	/** To n8n's public API, once signed in. */
	apiKey = '';

	/**
	 * @param url of the editor and the API
	 * @param webhooks where the webhooks are: in queue mode, at the webhook processors
	 */
	constructor(
		readonly url: string,
		public webhooks = url,
	) {}

	/** Makes the owner if there is none yet, signs in, and gets a key to the public API if it has none. */
	async signIn(): Promise<void> {
		const names = { firstName: 'KoeIQ', lastName: 'Owner' };
		await this.request('POST', '/rest/owner/setup', { ...OWNER, ...names }, [200, 400]);
		const { email, password } = OWNER;
		await this.request('POST', '/rest/login', { emailOrLdapLoginId: email, email, password });
		if (this.apiKey !== '') return;
		const { data: scopes } = await this.request<{ data: string[] }>('GET', '/rest/api-keys/scopes');
		const path = '/rest/api-keys';
		// A key of 1.x holds the user and the second: one more in the same second is refused.
		await poll('a key to the API of n8n', 60_000, async () => {
			const key = { label: randomUUID(), scopes, expiresAt: null };
			const made = await this.request<{ data?: { rawApiKey: string } }>(
				'POST',
				path,
				key,
				[200, 201, 500],
			);
			this.apiKey = made.data?.rawApiKey ?? '';
			return this.apiKey !== '';
		});
	}

	/** @returns the credential's id */
	async createCredential(
		type: string,
		data: Record<string, unknown>,
		name = `${type} ${Date.now()}`,
	): Promise<string> {
		const body = { name, type, data };
		// As the editor does: the public API of 1.x wants fields that no form has.
		return (await this.request<{ data: { id: string } }>('POST', '/rest/credentials', body)).data
			.id;
	}

	/** Replaces a credential's values, as Save in its form does. */
	async updateCredential(id: string, type: string, data: Record<string, unknown>): Promise<void> {
		await this.request('PATCH', `/rest/credentials/${id}`, { name: `${type} ${id}`, type, data });
	}

	async deleteCredential(id: string): Promise<void> {
		await this.request('DELETE', `/api/v1/credentials/${id}`);
	}

	/** Has the node test the values, as the form of a credential that is there does. */
	async testCredential(id: string, type: string, data: Record<string, unknown>): Promise<unknown> {
		const credentials = { id, name: 'test', type, data };
		return (
			await this.request<{ data: unknown }>('POST', '/rest/credentials/test', { credentials })
		).data;
	}

	/** @returns the workflow's id */
	async createWorkflow({ name, nodes, connections, settings }: Workflow): Promise<string> {
		const body = { name, nodes, connections, settings: { executionOrder: 'v1', ...settings } };
		return (await this.request<{ id: string }>('POST', '/api/v1/workflows', body)).id;
	}

	/** As n8n keeps it. */
	async workflow(workflowId: string): Promise<Workflow> {
		return await this.request('GET', `/api/v1/workflows/${workflowId}`);
	}

	/** The newest workflows, 100 at most. */
	async workflows(): Promise<Array<Workflow & { id: string; active: boolean }>> {
		const path = '/api/v1/workflows?limit=100';
		const { data } = await this.request<{
			data: Array<Workflow & { id: string; active: boolean }>;
		}>('GET', path);
		return data;
	}

	/** Switches a workflow on: 1.x calls it active, 2.x published. Its webhooks answer a little later. */
	async activate(workflowId: string): Promise<void> {
		await this.request('POST', `/api/v1/workflows/${workflowId}/activate`);
	}

	/** Why a workflow is not published, by trigger. Of n8n 2, which publishes behind its answer and tries several times. */
	async publicationErrors(workflowId: string): Promise<string[]> {
		const path = `/rest/workflows/${workflowId}/publication-status`;
		const { data } = await this.request<{
			data: { status: string; triggers: Array<{ errorMessage: string | null }> };
		}>('GET', path);
		return data.triggers.flatMap(({ errorMessage }) => errorMessage ?? []);
	}

	/** Switches a workflow off. */
	async deactivate(workflowId: string): Promise<void> {
		await this.request('POST', `/api/v1/workflows/${workflowId}/deactivate`);
	}

	/** Runs a workflow by hand from one of its manual triggers, as Execute workflow in the editor does. */
	async runManually(workflowId: string, trigger: string): Promise<void> {
		const path = `/rest/workflows/${workflowId}`;
		// 1.x runs the workflow that it is given; 2.x takes the one that it has.
		const { data: workflowData } = await this.request<{ data: unknown }>('GET', path);
		const body = { workflowData, triggerToStartFrom: { name: trigger } };
		await this.request('POST', `${path}/run`, body);
	}

	/** The rows of the data table of that name; none if there is no such table. */
	async tableRows(name: string): Promise<Array<Record<string, unknown>>> {
		const id = await this.tableId(name);
		if (id === undefined) return [];
		const rows: Array<Record<string, unknown>> = [];
		const path = `/api/v1/data-tables/${id}/rows?limit=250`;
		for await (const row of this.pages<Record<string, unknown>>(path)) rows.push(row);
		return rows;
	}

	/** @throws {HarnessError} if there is no such table */
	async addTableRow(name: string, row: Record<string, unknown>): Promise<void> {
		const path = `/api/v1/data-tables/${(await this.tableId(name)) ?? name}/rows`;
		await this.request('POST', path, { data: [row], returnType: 'count' });
	}

	private async tableId(name: string): Promise<string | undefined> {
		const path = '/api/v1/data-tables';
		const tables = await this.request<{ data: Array<{ id: string; name: string }> }>('GET', path);
		return tables.data.find((known) => known.name === name)?.id;
	}

	/**
	 * The executions of a workflow, whatever their status, oldest first.
	 *
	 * @param after leaves out this one and all that are older
	 */
	async executions(workflowId: string, after = '0'): Promise<Execution[]> {
		const ids: string[] = [];
		for await (const { id } of this.list(workflowId)) {
			if (Number(id) <= Number(after)) break;
			ids.push(id);
		}
		const executions: Execution[] = [];
		// The data of one can be large, and n8n is under load.
		for (const id of ids.reverse()) executions.push(await this.execution(id));
		return executions;
	}

	/** Waits until `count` executions or more have ended, of those after `after`. */
	async waitForExecutions(workflowId: string, count: number, after = '0'): Promise<Execution[]> {
		await poll(`${count} executions`, 120_000, async () => {
			let ended = 0;
			for await (const run of this.list(workflowId)) {
				if (Number(run.id) <= Number(after)) break;
				if (isFinished(run)) ended += 1;
			}
			return ended >= count;
		});
		return (await this.executions(workflowId, after)).filter(isFinished);
	}

	/** Every execution of a workflow, without its data. */
	async runs(workflowId: string): Promise<ExecutionRecord[]> {
		const byId = new Map<string, ExecutionRecord>();
		for await (const run of this.list(workflowId)) byId.set(run.id, run);
		// Unless asked for these, n8n leaves out what it runs itself.
		const running = `/api/v1/executions?workflowId=${workflowId}&status=running&limit=100`;
		for await (const run of this.pages<ExecutionRecord>(running)) byId.set(run.id, run);
		return [...byId.values()];
	}

	/** The status of every execution of a workflow. */
	async statuses(workflowId: string): Promise<string[]> {
		return (await this.runs(workflowId)).map(({ status }) => status);
	}

	/** Without their data, newest first. */
	private list(workflowId: string): AsyncGenerator<ExecutionRecord> {
		return this.pages(`/api/v1/executions?workflowId=${workflowId}&limit=100`);
	}

	/** A list of n8n's API, page by page. */
	private async *pages<T>(path: string): AsyncGenerator<T> {
		for (let cursor: string | null = ''; cursor !== null;) {
			const page: { data: T[]; nextCursor: string | null } = await this.request(
				'GET',
				cursor === '' ? path : `${path}&cursor=${encodeURIComponent(cursor)}`,
			);
			yield* page.data;
			cursor = page.nextCursor;
		}
	}

	/** Runs an execution again that did not succeed; does nothing if it has succeeded meanwhile. */
	async retry(executionId: string): Promise<void> {
		const path = `/api/v1/executions/${executionId}/retry`;
		await this.request('POST', path, {}, [200, 201, 409]);
	}

	/** Stops an execution that is under way, or that n8n takes to be; does nothing if it has ended meanwhile. */
	async stopExecution(executionId: string): Promise<void> {
		const path = `/api/v1/executions/${executionId}/stop`;
		await this.request('POST', path, {}, [200, 201, 404, 409]);
	}

	async execution(id: string): Promise<Execution> {
		const path = `/api/v1/executions/${id}?includeData=true`;
		return toExecution(await this.request<ExecutionRecord>('GET', path));
	}

	/**
	 * One call of n8n's API.
	 *
	 * @throws {HarnessError} for a status that is not among `allowed`
	 */
	private async request<T>(
		method: string,
		path: string,
		body?: unknown,
		allowed: readonly number[] = [200, 201],
	): Promise<T> {
		const response = await fetch(this.url + path, {
			method,
			headers: {
				'content-type': 'application/json',
				cookie: this.cookie,
				...(this.apiKey === '' ? {} : { 'x-n8n-api-key': this.apiKey }),
			},
			body: body === undefined ? undefined : JSON.stringify(body),
			signal: AbortSignal.timeout(REQUEST_MILLISECONDS),
		});
		const cookies = response.headers.getSetCookie();
		if (cookies.length > 0) this.cookie = cookies.map((cookie) => cookie.split(';')[0]).join('; ');
		const text = await response.text();
		if (!allowed.includes(response.status)) {
			throw new HarnessError(
				`n8n answered ${response.status} to ${method} ${path}: ${text.slice(0, 500)}`,
			);
		}
		return JSON.parse(text === '' ? 'null' : text) as T;
	}
}
