import type { Item } from './workflow';

/** One recorded run of a workflow. */
export interface Execution {
	id: string;
	status: string;
	/** What started it: `webhook`, `manual`, `retry`, … */
	mode: string;
	/** The message that it failed with. */
	error: string | undefined;
	/** What a node's outputs held in its first run; `undefined` if it did not run. */
	outputs(node: string): Item[][] | undefined;
	/** Whether a text is anywhere in its data, as of one that has not begun to run. */
	mentions(text: string): boolean;
}

/** As n8n's public API has it. */
export interface ExecutionRecord {
	id: string;
	status: string;
	mode: string;
	data?: {
		resultData: {
			error?: { message: string };
			runData: Record<string, Array<{ data?: { main?: Array<Item[] | null> } }>>;
		};
	};
}

const UNFINISHED = ['new', 'running', 'waiting', 'unknown'];

export function isFinished({ status }: Pick<Execution, 'status'>): boolean {
	return !UNFINISHED.includes(status);
}

export function toExecution({ id, status, mode, data }: ExecutionRecord): Execution {
	return {
		id,
		status,
		mode,
		error: data?.resultData.error?.message,
		outputs: (node) => data?.resultData.runData[node]?.[0]?.data?.main?.map((items) => items ?? []),
		mentions: (text) => JSON.stringify(data ?? {}).includes(text),
	};
}
