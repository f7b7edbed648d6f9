import type { INodeProperties } from 'n8n-workflow';

import { FIELDS, NUMBER_OPERATIONS, TEXT_OPERATIONS, type Field } from '../core/conditions';
import { titleOfField } from './words';

/** As n8n's own If node words them. */
const NUMBER_WORDS: Record<keyof typeof NUMBER_OPERATIONS, string> = {
	lt: 'is less than',
	lte: 'is less than or equal to',
	gt: 'is greater than',
	gte: 'is greater than or equal to',
	equals: 'is equal to',
	notEquals: 'is not equal to',
};

const TEXT_WORDS: Record<keyof typeof TEXT_OPERATIONS, string> = {
	equals: 'is equal to',
	notEquals: 'is not equal to',
	contains: 'contains',
	notContains: 'does not contain',
};

/** Conditions on the fields of the events. */
export const ONLY_START_IF: INodeProperties = {
	displayName: 'Only Start If',
	name: 'conditions',
	type: 'fixedCollection',
	noDataExpression: true,
	typeOptions: { multipleValues: true },
	placeholder: 'Add Condition',
	default: {},
	description:
		'Starts the workflow only for events that meet all conditions of their type. The others cost no execution: KoeIQ gets a 200 for them, and n8n keeps nothing. A type of event without a condition always starts it.',
	options: [
		group('number', 'Number', NUMBER_WORDS, { type: 'number', default: 0 }),
		group('text', 'Text', TEXT_WORDS, {
			type: 'string',
			default: '',
			description: 'Upper and lower case count',
		}),
	],
};

function group(
	type: Field['type'],
	displayName: string,
	operations: Record<string, string>,
	value: Pick<INodeProperties, 'type' | 'default' | 'description'>,
) {
	const fields = FIELDS.filter((field) => field.type === type).map(({ event, name }) => ({
		name: titleOfField(event, name),
		value: `${event}/${name}`,
	}));
	const comparisons = Object.entries(operations).map(([value, name]) => ({ name, value }));
	return {
		displayName,
		name: type,
		values: [
			choice('Field', 'field', fields),
			choice('Condition', 'operation', comparisons),
			{ displayName: 'Value', name: 'value', noDataExpression: true, ...value },
		],
	};
}

/** The first is chosen, until somebody chooses another. */
function choice(
	displayName: string,
	name: string,
	options: Array<{ name: string; value: string }>,
): INodeProperties {
	const [{ value: first } = { value: '' }] = options;
	return {
		displayName,
		name,
		type: 'options',
		noDataExpression: true,
		options,
		default: first,
	};
}
