import { createHash } from 'node:crypto';

import { SAMPLES } from '../../harness/koeiq/samples';
import { TEST_PING } from '../../harness/koeiq/sender';
import { TEMPLATES, template } from '../../harness/templates';
import { TRIGGER } from '../../harness/trigger';
import { nodeOf, type Workflow, type WorkflowNode } from '../../harness/workflow';
import { readConditions } from '../../nodes/KoeIq/core/conditions';
import { classify, type Envelope } from '../../nodes/KoeIq/core/events';
import { codeNode } from '../support/code-node';

const workflow = template('one-branch-per-event');

test('the trigger of "one branch per event" holds what it makes of one of each kind', () => {
	const sent = [...Object.values(SAMPLES), TEST_PING];
	expect(workflow.pinData).toEqual({
		[TRIGGER]: sent.map((event) => ({
			json: {
				...event,
				delivery: {
					id: createHash('sha256').update(JSON.stringify(event)).digest('hex'),
					received_at: new Date(event.timestamp).toISOString(),
					signed_with: 'current',
					issues: classify(JSON.parse(JSON.stringify(event)) as Envelope, Infinity).issues,
				},
			},
		})),
	});
});

test('an alarm whose API key sees nothing to watch fails, so that it tells of itself', () => {
	const find = codeNode(template('an-alarm-when-nothing-comes'), 'Those of KoeIQ');
	const nodes = { Settings: [{ leave_out: ['Silent'] }] };
	const seeing = (...data: object[]) => find({ input: [{ data }], nodes, now: 0 });
	const workflow = {
		id: '1',
		name: 'Silent',
		active: true,
		nodes: [{ type: 'n8n-nodes-koeiq.koeIqTrigger' }],
	};
	expect(seeing(workflow)).toEqual([]);
	expect(seeing({ ...workflow, name: 'Calls' })).toMatchObject([{ name: 'Calls' }]);
	expect(() => seeing()).toThrow('This API key sees no workflow with a KoeIQ Trigger.');
	expect(() => seeing({ ...workflow, nodes: [] })).toThrow('sees no workflow');
});

/** The templates whose triggers have conditions. */
const CONDITIONAL = TEMPLATES.filter((name) =>
	template(name).nodes.some(
		({ parameters }) => parameters.conditions !== undefined && parameters.events !== undefined,
	),
);

test.each(CONDITIONAL)(
	'%s has each of its events start it, and says what conditions do',
	(name) => {
		const made = template(name);
		const { events, conditions, alsoStart } = nodeOf(made, TRIGGER).parameters;
		const named = readConditions(conditions).map(({ event }) => event);
		expect([...named, ...(alsoStart as string[])].sort()).toEqual([...(events as string[])].sort());
		const notes = made.nodes.map(({ parameters: { content } }) => String(content)).join();
		for (const words of ['*Only Start If*', '*Also Start For*', 'Pinned data']) {
			expect(notes).toContain(words);
		}
	},
);

/** A node with its name and its subtitle below it, in the canvas's units. */
const NODE = { width: 96, height: 144 };

test.each(TEMPLATES)('%s has no node across the edge of a note', (name) => {
	const { nodes } = template(name);
	const isNote = ({ type }: WorkflowNode) => type.endsWith('.stickyNote');
	const across = nodes.filter(isNote).flatMap(({ parameters, position: [left, top] }) => {
		const [right, bottom] = [left + Number(parameters.width), top + Number(parameters.height)];
		return nodes.filter((node) => {
			const [x, y] = node.position;
			const isWithin =
				x >= left && x + NODE.width <= right && y >= top && y + NODE.height <= bottom;
			const isBeside =
				x >= right || x + NODE.width <= left || y >= bottom || y + NODE.height <= top;
			return !isNote(node) && !isWithin && !isBeside;
		});
	});
	expect(across.map((node) => node.name)).toEqual([]);
});

/** One row that is always the same. */
const LEFT_ALONE = ['KoeIQ tick'];

const growing = TEMPLATES.flatMap((name) =>
	tablesOf(template(name), ['insert', 'upsert'])
		.filter((table) => !LEFT_ALONE.includes(table))
		.map((table) => [name, table] as const),
);

test.each(growing)('%s deletes the old rows of %s by a schedule', (name, table) => {
	const made = template(name);
	const [deletes] = tablesAndNodes(made, ['deleteRows']).filter(
		({ table: of, parameters }) =>
			of === table && /minus\(\{ \w+: /.test(JSON.stringify(parameters)),
	);
	const before = (node: string): string[] => {
		const sources = Object.entries(made.connections).filter(([, { main }]) =>
			main.flat().some((wire) => wire.node === node),
		);
		return sources.flatMap(([source]) => [source, ...before(source)]);
	};
	const types = before(deletes?.name ?? '').map((source) => nodeOf(made, source).type);
	expect(types).toContain('n8n-nodes-base.scheduleTrigger');
});

function tablesAndNodes({ nodes }: Workflow, operations: string[]) {
	return nodes
		.filter(({ type, parameters: { resource, operation } }) => {
			const isOfRows = type === 'n8n-nodes-base.dataTable' && resource !== 'table';
			// Left out, it is an insert.
			return isOfRows && operations.some((one) => one === (operation ?? 'insert'));
		})
		.map((node) => ({ ...node, table: (node.parameters.dataTableId as { value: string }).value }));
}

function tablesOf(workflow: Workflow, operations: string[]): string[] {
	return [...new Set(tablesAndNodes(workflow, operations).map(({ table }) => table))];
}
