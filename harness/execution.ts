import type { Item } from './workflow';

/** One recorded run of a workflow. */
export interface Execution {
	id: string;
	status: string;
	/** What a node's outputs held in its first run; `undefined` if it did not run. */
	outputs(node: string): Item[][] | undefined;
	/** Whether a text is anywhere in its data, as of one that has not begun to run. */
	mentions(text: string): boolean;
}

/** As n8n's public API has it. */
export interface ExecutionRecord {
	id: string;
	status: string;
	data?: {
		resultData: { runData: Record<string, Array<{ data?: { main?: Array<Item[] | null> } }>> };
	};
}

const UNFINISHED = ['new', 'running', 'waiting', 'unknown'];

export function isFinished({ status }: Pick<Execution, 'status'>): boolean {
	return !UNFINISHED.includes(status);
}

export function toExecution({ id, status, data }: ExecutionRecord): Execution {
	return {
		id,
		status,
		outputs: (node) => data?.resultData.runData[node]?.[0]?.data?.main?.map((items) => items ?? []),
		mentions: (text) => JSON.stringify(data ?? {}).includes(text),
	};
}
