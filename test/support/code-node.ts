import { compileFunction } from 'node:vm';

import { nodeOf, type Workflow } from '../../harness/workflow';

/** A node's output as the code of a Code node reads it. */
interface Output {
	all(): Array<{ json: object }>;
	first(): { json: object } | undefined;
}

/** Runs a Code node on items, at a time of one's choice: `nodes` is what other nodes gave. */
export type CodeNode = (run: {
	input: object[];
	nodes: Record<string, object[]>;
	now: number;
}) => object[];

/** A Code node's own code, without n8n. */
export function codeNode(workflow: Workflow, name: string): CodeNode {
	const { jsCode } = nodeOf(workflow, name).parameters;
	const code = compileFunction(String(jsCode), ['$', '$input', 'Date']) as (
		$: (name: string) => Output,
		$input: Output,
		date: { now(): number },
	) => Array<{ json: object }>;
	return ({ input, nodes, now }) => {
		class Then extends Date {
			static override now(): number {
				return now;
			}
		}
		return code((other) => toOutput(nodes[other]), toOutput(input), Then).map(({ json }) => json);
	};
}

function toOutput(items: object[] = []): Output {
	const all = items.map((json) => ({ json }));
	return { all: () => all, first: () => all[0] };
}
