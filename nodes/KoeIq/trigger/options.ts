import type { INodeProperties, IWebhookFunctions } from 'n8n-workflow';

import { readConditions } from '../core/conditions';
import { kindsOf } from '../core/events';
import { ONLY_START_IF } from './only-start-if';
import { MEANINGS, titleOf } from './words';

/** Those of the newest typeVersion. In a node of an earlier one, a kind that it does not tell apart selects nothing. */
const KINDS = kindsOf(Infinity);

/** One option of the trigger: its field in the panel, whose default is the option's, and how a request reads it. */
interface Option<Value> {
	property: INodeProperties;
	read: (context: Pick<IWebhookFunctions, 'getNodeParameter'>) => Value;
}

/**
 * Every option that the trigger reads for a request. None takes an expression, so no request waits for one. A value
 * that the panel cannot make (somebody edited the workflow by hand) selects all events; as Maximum Age it refuses all.
 */
export const OPTIONS = {
	events: option(
		{
			// Not "Events": n8n would offer each as an action of its own, which leaves out all the others.
			displayName: 'Event Types',
			name: 'events',
			type: 'multiOptions',
			noDataExpression: true,
			required: true,
			options: KINDS.map((kind) => ({
				name: titleOf(kind),
				value: kind,
				description: MEANINGS[kind],
			})),
			default: [...KINDS],
			description:
				'Which events start the workflow. KoeIQ gets a 200 for the others too, so that it does not report them as failed.',
		},
		(value): readonly unknown[] => (Array.isArray(value) ? value : KINDS),
	),
	conditions: option(ONLY_START_IF, readConditions),
	outputMode: option(
		{
			displayName: 'Outputs',
			name: 'outputMode',
			type: 'options',
			noDataExpression: true,
			options: [
				{
					name: 'Single',
					value: 'single',
					description:
						'All events leave through one output. Its data can be pinned, so that you can build and test with a sample.',
				},
				{
					name: 'One per Event',
					value: 'perEvent',
					description:
						'You connect each event type from the trigger itself, and n8n has no expression to evaluate to sort them. But pinned data and mock data always leave through the first output, whatever they are.',
				},
			],
			default: 'single',
			description: 'Whether each event type leaves through an output of its own',
		},
		(value) => (value === 'perEvent' ? value : 'single'),
	),
	maxAgeSeconds: option(
		{
			displayName: 'Maximum Age (Seconds)',
			name: 'maxAgeSeconds',
			type: 'number',
			noDataExpression: true,
			typeOptions: { minValue: 0 },
			default: 0,
			description:
				'Rejects events whose timestamp is more than this many seconds from now, so that nobody can record a request and send it again later. An event that KoeIQ delivers late is rejected too. 0 turns the check off.',
		},
		(value) => (typeof value === 'number' ? value : Number.NaN),
		'options.maxAgeSeconds',
	),
	simplify: option(
		{
			displayName: 'Simplify',
			name: 'simplify',
			type: 'boolean',
			noDataExpression: true,
			default: false,
			description:
				'Whether to move the fields of "data" to the top of the item, so that an expression finds "summary" instead of "data.summary"',
		},
		(value) => value === true,
		'options.simplify',
	),
};

/** @param path where n8n keeps the value, for a property within a collection */
function option<Value>(
	property: INodeProperties,
	parse: (value: unknown) => Value,
	path = property.name,
): Option<Value> {
	return {
		property,
		read: (context) => parse(context.getNodeParameter(path, property.default)),
	};
}
