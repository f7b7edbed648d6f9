import { brief } from '../core/brief';
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
		const value = clean(values[name]);
		if (value === undefined || value === null || value === '') continue;
		const text = name === 'callDate' ? toCallDate(value, timeZone) : toText(value);
		if (text === undefined) return problem(describe(label, value));
		fields[field] = text;
	}
	return { outcome: 'fields', fields };
}

/**
 * Text without the white space and invisible characters around it: they come along with a paste or out of a file, and
 * to KoeIQ an ID with a line break at its end is another ID.
 */
function clean(value: unknown): unknown {
	return typeof value === 'string' ? (MEANT.exec(value)?.[0] ?? '') : value;
}

/** From the first to the last character that is neither white space nor a control or format character. */
const MEANT = /[^\s\p{Cc}\p{Cf}](?:.*[^\s\p{Cc}\p{Cf}])?/su;

/** IDs are often numbers. */
function toText(value: unknown): string | undefined {
	if (typeof value === 'string') return value;
	return typeof value === 'bigint' || isExact(value) ? String(value) : undefined;
}

/** The digits of a decimal that a JavaScript number always keeps. */
const EXACT_DIGITS = 15;

/** Whether this is a number that no other one, as it was written before n8n read it, can have become. */
function isExact(value: unknown): value is number {
	if (typeof value !== 'number') return false;
	return Number.isInteger(value)
		? Number.isSafeInteger(value)
		: value === Number(value.toPrecision(EXACT_DIGITS));
}

function describe(label: string, value: unknown): string {
	const found = typeof value === 'string' ? `"${brief(value)}"` : brief(value);
	if (label === 'Call Date') {
		return `Call Date is not a date: ${found}. Use the date picker, or ISO 8601 such as 2026-03-16T09:30:00+09:00.`;
	}
	return typeof value === 'number' && Number.isFinite(value)
		? `${label} is the number ${found}, which has too many digits for n8n to keep exactly: two IDs could become one. Pass it as text, all the way from the node that reads it.`
		: `${label} must be text or a number, not ${found}.`;
}
