import { readFields as readByTable, type Fields, type FieldTable } from '../core/fields';
import type { Problem } from '../core/problem';

const FIELDS: FieldTable = {
	callId: ['Call ID', 'call_id', 'text'],
	language: ['Language', 'language', 'text'],
	operatorId: ['Operator ID', 'operator_id', 'text'],
	customerId: ['Customer ID', 'customer_id', 'text'],
	department: ['Department', 'department', 'text'],
	callDate: ['Call Date', 'call_date', 'date'],
};

/** The text fields of an upload, in the names of KoeIQ's API: see {@link readByTable}. */
export function readFields(
	values: Readonly<Record<string, unknown>>,
	timeZone: string,
): Fields | Problem {
	return readByTable(FIELDS, values, timeZone);
}
