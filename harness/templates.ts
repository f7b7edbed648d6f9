import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { TRIGGER_TYPE } from './trigger';
import { nodeOf, type Workflow } from './workflow';

const EXAMPLES = join(__dirname, '../examples');

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

/** Those that begin with a KoeIQ Trigger. */
export const RECEIVERS = TEMPLATES.filter((name) =>
	template(name).nodes.some(({ type }) => type === TRIGGER_TYPE),
);

/** Writes a value into a Set node, as a user does in the editor. */
export function setField(workflow: Workflow, name: string, field: string, value: unknown): void {
	const { assignments } = nodeOf(workflow, name).parameters.assignments as {
		assignments: Array<{ name: string; value: unknown }>;
	};
	const found = assignments.find((assignment) => assignment.name === field);
	if (found === undefined) throw new Error(`${name} has no field ${field}.`);
	found.value = value;
}
