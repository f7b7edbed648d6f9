import { setTimeout as sleep } from 'node:timers/promises';

import type { N8nClient } from '../../../harness/client';
import { template, TEMPLATES } from '../../../harness/templates';
import type { Workflow } from '../../../harness/workflow';

/* The templates that delete old rows of their data tables every night. */

export const NIGHT = 'Every night';

interface Deletes {
	dataTableId: { value: string };
	filters: { conditions: Array<{ keyValue: string }> };
}

/** Each with the tables that it cleans up. */
export const NIGHTLY = TEMPLATES.filter((name) =>
	template(name).nodes.some((node) => node.name === NIGHT),
).flatMap((name) =>
	deletesOf(template(name)).map(({ dataTableId: { value } }) => ({ name, table: value })),
);

/** Runs a template's night, with a time in place of its days. */
export async function runNight(client: N8nClient, name: string, before: string): Promise<void> {
	const workflow = template(name);
	for (const { filters } of deletesOf(workflow)) {
		for (const condition of filters.conditions) condition.keyValue = before;
	}
	await runToSuccess(client, workflow, NIGHT);
}

/** Runs a workflow once by hand from one of its manual triggers. */
export async function runToSuccess(
	client: N8nClient,
	workflow: Workflow,
	trigger: string,
): Promise<void> {
	const id = await client.createWorkflow(workflow);
	await client.runManually(id, trigger);
	const [execution] = await client.waitForExecutions(id, 1);
	expect([execution?.status, execution?.error]).toEqual(['success', undefined]);
}

/** A time after all that was written, and before all that will be: of two times within a moment, n8n may see one. */
export async function timeBetween(): Promise<string> {
	await sleep(100);
	const time = new Date().toISOString();
	await sleep(100);
	return time;
}

function deletesOf({ nodes }: Workflow): Deletes[] {
	return nodes
		.filter(({ parameters: { operation, filters } }) => {
			return operation === 'deleteRows' && JSON.stringify(filters).includes('$now.minus(');
		})
		.map(({ parameters }) => parameters as unknown as Deletes);
}

/** The columns of a table, as the template makes it. */
export function columnsOf(workflow: Workflow, table: string): string[] {
	const maker = workflow.nodes.find(({ parameters: { tableName } }) => tableName === table);
	const { columns } = (maker?.parameters ?? {}) as {
		columns?: { column: Array<{ name: string }> };
	};
	return (columns?.column ?? []).map(({ name }) => name);
}
