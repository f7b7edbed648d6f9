import type { IDisplayOptions, INodeProperties } from 'n8n-workflow';

import { FIELDS, NUMBER_OPERATIONS, TEXT_OPERATIONS, type Field } from '../core/conditions';
import type { Kind } from '../core/events';
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
		'Only events that meet all conditions of their type start the workflow, and the types in Also Start For. All other events, Test Pings included, are ignored: KoeIQ gets a 200, and n8n stores nothing.',
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
		displayOptions: onlySelected(event),
	}));
	const comparisons = Object.entries(operations).map(([value, name]) => ({ name, value }));
	return {
		displayName,
		name: type,
		values: [
			// n8n marks it until a person has chosen: none that is chosen by itself is what they mean.
			{ ...choice('Field', 'field', fields), default: '', required: true },
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

const EXISTS = [{ _cnd: { exists: true as const } }];

/**
 * When there is a condition: one property for each, since n8n asks for all of several things, but never for one of them.
 * The last is for n8n alone: it decides which values of a node to keep before it fills in any collection.
 */
const WITH_CONDITIONS: IDisplayOptions[] = [
	{ show: { '/conditions.number': EXISTS } },
	{ show: { '/conditions.text': EXISTS }, hide: { '/conditions.number': EXISTS } },
	{ hide: { '/conditions': EXISTS } },
];

/** A property that is shown only if there is a condition. */
export function onlyWithConditions(property: INodeProperties): INodeProperties[] {
	return WITH_CONDITIONS.map((displayOptions) => ({ ...property, displayOptions }));
}

/** For a choice that makes sense only if this kind of event is selected in Event Types. */
export function onlySelected(kind: Kind): IDisplayOptions {
	return { show: { '/events': [kind] } };
}
