import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

interface Template {
	nodes: Array<{
		name: string;
		type: string;
		disabled?: boolean;
		parameters: { operation?: string };
	}>;
	connections: Record<string, { main?: Array<Array<{ node: string }> | null> }>;
}

const FOLDER = join(__dirname, '../../examples');
const TEMPLATES = readdirSync(FOLDER).filter((file) => file.endsWith('.json'));

const read = (file: string) => readFileSync(join(FOLDER, file), 'utf8');

/** Which trigger the editor's button runs, as n8n 2.41 chooses it: the highest of these, then the first in the file. */
const PRIORITIES: Array<[type: RegExp, priority: number]> = [
	[/formTrigger$/i, 10],
	[/\.webhook$/, 9],
	// A trigger that is not one of n8n's core nodes.
	[/koeIqTrigger$/, 8],
	[/scheduleTrigger$/, 7],
	[/manualTrigger$/, 6],
	[/Trigger$/, 0],
];

test.each(TEMPLATES)('in %s, the button of the editor runs nothing that deletes', (file) => {
	const { nodes, connections } = JSON.parse(read(file)) as Template;
	const priorityOf = ({ type }: { type: string }) =>
		PRIORITIES.find(([pattern]) => pattern.test(type))?.[1] ?? -1;
	const [first] = nodes
		.filter((node) => node.disabled !== true && priorityOf(node) >= 0)
		.sort((a, b) => priorityOf(b) - priorityOf(a));
	// What the trigger runs by itself: an event has to come before anything behind the others runs.
	const reached = new Set<string>();
	const follow = (name: string): void => {
		if (reached.has(name)) return;
		reached.add(name);
		for (const outputs of connections[name]?.main ?? []) {
			for (const { node } of outputs ?? []) follow(node);
		}
	};
	if (first !== undefined && priorityOf(first) < 8) follow(first.name);
	const deleting = nodes.filter(({ parameters }) => parameters.operation === 'deleteRows');
	expect(deleting.map(({ name }) => name).filter((name) => reached.has(name))).toEqual([]);
});

test.each(TEMPLATES)('%s makes no address out of a resume URL, which need not hold one', (file) => {
	expect(read(file)).not.toContain('resumeUrl');
});

/** What plays KoeIQ signs with a secret, as KoeIQ does. */
const SIGNING = ['What to send', 'Sign', 'Send as KoeIQ'];

test.each(TEMPLATES)('%s reads no secret, key or signature that it could tell a chat', (file) => {
	const { nodes } = JSON.parse(read(file)) as Template;
	const telling = nodes.filter(
		({ name, type, parameters }) =>
			!type.endsWith('stickyNote') &&
			!SIGNING.includes(name) &&
			/(\.|\["?'?)(\w*secret|api_?key|signature|authorization|password)\b/i.test(
				JSON.stringify(parameters),
			),
	);
	expect(telling.map(({ name }) => name)).toEqual([]);
});
