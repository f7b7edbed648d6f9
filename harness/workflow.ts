/** A workflow as the editor exports it. */
export interface Workflow {
	name: string;
	nodes: WorkflowNode[];
	connections: Record<
		string,
		{ main: Array<Array<{ node: string; type: 'main'; index: number }>> }
	>;
	settings?: Record<string, unknown>;
	/** By the node's name. Only the editor reads it, on import. */
	pinData?: Record<string, Item[]>;
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
