import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

interface Node {
	name: string;
	type: string;
	disabled?: boolean;
	onError?: string;
	continueOnFail?: boolean;
	parameters: { operation?: string; limitWaitTime?: boolean };
}

interface Template {
	nodes: Node[];
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
	const reached =
		first !== undefined && priorityOf(first) < 8
			? reachedFrom([first.name], connections)
			: new Set<string>();
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

/** A node that fails without failing its run, unless another node does. */
const passesOn = ({ onError, continueOnFail, parameters }: Node) =>
	(onError ?? 'stopWorkflow') !== 'stopWorkflow' ||
	continueOnFail === true ||
	/"neverError":true/.test(JSON.stringify(parameters));

const passingOn = TEMPLATES.flatMap((file) =>
	(JSON.parse(read(file)) as Template).nodes
		.filter(passesOn)
		.map((node) => [file, node.name] as const),
);

test.each(passingOn)('in %s, a failure of %s fails the run in the end', (file, name) => {
	const { nodes, connections } = JSON.parse(read(file)) as Template;
	const { onError } = nodes.find((node) => node.name === name) as Node;
	// What its failure takes: its last output, if that is for failures.
	const outputs = connections[name]?.main ?? [];
	const taken = onError === 'continueErrorOutput' ? outputs.slice(1) : outputs;
	const next = taken.flatMap((wires) => (wires ?? []).map(({ node }) => node));
	const after = reachedFrom(next, connections);
	// A node that runs last looks back.
	const lookingBack = nodes.filter(({ parameters }) =>
		[name, ...after].some((one) => JSON.stringify(parameters).includes(`$('${one}')`)),
	);
	const known = reachedFrom([...after, ...lookingBack.map((node) => node.name)], connections);
	const stops = nodes.filter((node) => node.type.endsWith('.stopAndError') && known.has(node.name));
	expect(stops).toHaveLength(1);
});

/** Of the pages of a form, only those that wait for a while run on if the browser is closed. */
test.each(TEMPLATES)('in %s, no run waits for a browser before it fails', (file) => {
	const { nodes, connections } = JSON.parse(read(file)) as Template;
	const endless = nodes.filter(
		({ name, type, parameters }) =>
			type === 'n8n-nodes-base.form' &&
			parameters.limitWaitTime !== true &&
			nodes.some(
				(node) =>
					node.type.endsWith('.stopAndError') && reachedFrom([name], connections).has(node.name),
			),
	);
	expect(endless).toEqual([]);
});

/** These nodes, and all that run after them. */
function reachedFrom(names: string[], connections: Template['connections']): Set<string> {
	const reached = new Set<string>();
	const follow = (name: string): void => {
		if (reached.has(name)) return;
		reached.add(name);
		for (const outputs of connections[name]?.main ?? []) {
			for (const { node } of outputs ?? []) follow(node);
		}
	};
	names.forEach(follow);
	return reached;
}
