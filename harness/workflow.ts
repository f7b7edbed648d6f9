import { randomUUID } from 'node:crypto';

/** A workflow as the editor exports it. */
export interface Workflow {
	name: string;
	nodes: WorkflowNode[];
	/** By the name of the node that they begin at; those of an AI Agent's model and tools have a kind of their own. */
	connections: Record<
		string,
		{
			main: Array<Array<Wire<'main'>>>;
			ai_languageModel?: Array<Array<Wire<'ai_languageModel'>>>;
			ai_tool?: Array<Array<Wire<'ai_tool'>>>;
		}
	>;
	settings?: Record<string, unknown>;
	/** By the node's name. Only the editor reads it, on import. */
	pinData?: Record<string, Item[]>;
}

interface Wire<Kind> {
	node: string;
	type: Kind;
	index: number;
}

export interface WorkflowNode extends NodeKind {
	id: string;
	name: string;
	position: [number, number];
	webhookId?: string;
	credentials?: Record<string, { id: string; name: string }>;
}

/** What a node does, wherever it is. */
export interface NodeKind {
	type: string;
	typeVersion: number;
	parameters: Record<string, unknown>;
}

export interface Item {
	json: Record<string, unknown>;
}

/** @throws {Error} if the workflow has no node of that name */
export function nodeOf(workflow: Workflow, name: string): WorkflowNode {
	const found = workflow.nodes.find((candidate) => candidate.name === name);
	if (found === undefined) throw new Error(`${workflow.name} has no node ${name}.`);
	return found;
}

export function node(
	name: string,
	type: string,
	typeVersion: number,
	parameters: Record<string, unknown> = {},
	more: Partial<WorkflowNode> = {},
): WorkflowNode {
	return { id: randomUUID(), name, type, typeVersion, position: [0, 0], parameters, ...more };
}

/** n8n's own Webhook, named so, for what begins with a file: it takes a form at this path. */
export function webhookNode(path: string): WorkflowNode {
	const parameters = { httpMethod: 'POST', path, options: {} };
	return node('Webhook', 'n8n-nodes-base.webhook', 2, parameters, { webhookId: path });
}

/** Nodes of which each is wired to the next. */
export function chain(name: string, nodes: WorkflowNode[], settings = {}): Workflow {
	const wires = nodes
		.slice(1)
		.map((next, index) => [
			nodes[index]?.name,
			{ main: [[{ node: next.name, type: 'main', index: 0 }]] },
		]);
	const connections = Object.fromEntries(wires) as Workflow['connections'];
	return { name, nodes, connections, settings };
}
