import { toCallDate } from './call-date';
import { problem, type Problem } from './problem';

/** By the parameter's name: its name in the panel, and the field of KoeIQ's API. */
const FIELDS = {
	callId: ['Call ID', 'call_id'],
	language: ['Language', 'language'],
	operatorId: ['Operator ID', 'operator_id'],
	customerId: ['Customer ID', 'customer_id'],
	department: ['Department', 'department'],
	callDate: ['Call Date', 'call_date'],
} as const;

export type Fields = { outcome: 'fields'; fields: Record<string, string> };

/**
 * The text fields of the request: those that are set, in the API's names.
 *
 * @param values the panel's for one item, by their names; an expression can make anything of them
 * @param timeZone the workflow's, for a call date without an offset
 */
export function readFields(
	values: Readonly<Record<string, unknown>>,
	timeZone: string,
): Fields | Problem {
	const fields: Record<string, string> = {};
	for (const [name, [label, field]] of Object.entries(FIELDS)) {
		const value = values[name];
		if (isBlank(value)) continue;
		const text = name === 'callDate' ? toCallDate(value, timeZone) : toText(value);
		if (text === undefined) return problem(describe(label, value));
		fields[field] = text;
	}
	return { outcome: 'fields', fields };
}

function isBlank(value: unknown): boolean {
	return (
		value === undefined || value === null || (typeof value === 'string' && value.trim() === '')
	);
}

/** IDs are often numbers. */
function toText(value: unknown): string | undefined {
	if (typeof value === 'string') return value;
	return typeof value === 'number' ? String(value) : undefined;
}

function describe(label: string, value: unknown): string {
	return label === 'Call Date'
		? `Call Date is not a date: ${JSON.stringify(value)}. Use the date picker, or ISO 8601 such as 2026-03-16T09:30:00+09:00.`
		: `${label} must be text or a number, not ${JSON.stringify(value)}.`;
}
