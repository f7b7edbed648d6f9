import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import type { Workflow, WorkflowNode } from '../../harness/client';

const EXAMPLES = join(__dirname, '../../examples');

/** The templates by name. */
export const TEMPLATES = readdirSync(EXAMPLES)
	.filter((file) => file.endsWith('.json'))
	.map((file) => file.replace('.json', ''));

/** The file that a user imports. */
export function templateFile(name: string): string {
	return join(EXAMPLES, `${name}.json`);
}

export function template(name: string): Workflow {
	return JSON.parse(readFileSync(templateFile(name), 'utf8')) as Workflow;
}

export function node(workflow: Workflow, name: string): WorkflowNode {
	const found = workflow.nodes.find((candidate) => candidate.name === name);
	if (found === undefined) throw new Error(`${workflow.name} has no node ${name}.`);
	return found;
}

/** Writes a value into a Set node, as a user does in the editor. */
export function setField(workflow: Workflow, name: string, field: string, value: unknown): void {
	const { assignments } = node(workflow, name).parameters.assignments as {
		assignments: Array<{ name: string; value: unknown }>;
	};
	const found = assignments.find((assignment) => assignment.name === field);
	if (found === undefined) throw new Error(`${name} has no field ${field}.`);
	found.value = value;
}
