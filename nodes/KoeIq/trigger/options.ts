import type { IHookFunctions, INodeProperties, IWebhookFunctions } from 'n8n-workflow';

import { isUnfinished, readConditions } from '../core/conditions';
import { kindsOf, type Kind } from '../core/events';
import type { WhenTesting } from '../inbox/requests';
import { onlySelected, ONLY_START_IF } from './only-start-if';
import { MEANINGS, titleOf } from './words';

/** Those of the newest typeVersion. In a node of an earlier one, a kind that it does not tell apart selects nothing. */
const KINDS = kindsOf(Infinity);

/** One option of the trigger: its field in the panel, whose default is the option's, and how a request reads it. */
interface Option<Value> {
	property: INodeProperties;
	read: (context: Context) => Value;
}

type Context = Pick<IWebhookFunctions | IHookFunctions, 'getNodeParameter'>;

/** Who calls the trigger. */
export type Source = 'koeiq' | 'inbox';

/** Shown only if this is who calls the trigger. */
export function onlyFrom(source: Source): INodeProperties['displayOptions'] {
	return { show: { '/source': [source] } };
}

/**
 * Every option that the trigger reads for a request. None takes an expression, so no request waits for one. A value
 * that the panel cannot make (somebody edited the workflow by hand) selects all events; as Maximum Age it refuses all.
 */
export const OPTIONS = {
	source: option(
		{
			displayName: 'Events Come From',
			name: 'source',
			type: 'options',
			noDataExpression: true,
			options: [
				{
					name: 'KoeIQ',
					value: 'koeiq',
					description: 'You paste the Production URL of this trigger into KoeIQ',
				},
				{
					name: 'KoeIQ Inbox',
					value: 'inbox',
					description:
						'The inbox in front of n8n stores each event, and sends it again if n8n is down. The trigger registers itself there. Any number of workflows can do so.',
				},
			],
			default: 'koeiq',
			description: 'Who calls this trigger: KoeIQ itself, or the inbox of this package',
		},
		(value): Source => (value === 'inbox' ? value : 'koeiq'),
	),
	whenTesting: option(
		{
			displayName: 'When Testing',
			name: 'whenTesting',
			type: 'options',
			noDataExpression: true,
			displayOptions: onlyFrom('inbox'),
			options: [
				{
					name: 'Get the Latest Stored Event',
					value: 'latest',
					description:
						'Shows the newest event that this trigger selects, at once. If the inbox has none, the trigger waits for the next event.',
				},
				{
					name: 'Wait for the Next Event',
					value: 'next',
					description: 'Shows the first event that arrives after you click',
				},
			],
			default: 'latest',
			description: 'Which event Execute step loads',
		},
		(value): WhenTesting => (value === 'next' ? value : 'latest'),
	),
	events: option(
		{
			// Not "Events": n8n would offer each as an action of its own, which leaves out all the others.
			displayName: 'Event Types',
			name: 'events',
			type: 'multiOptions',
			noDataExpression: true,
			required: true,
			options: KINDS.map(optionOf),
			default: [...KINDS],
			description:
				'The events that start the workflow. All others are ignored. They are answered 200 too, so that KoeIQ doesn’t report them as failed.',
		},
		(value): readonly unknown[] => (Array.isArray(value) ? value : KINDS),
	),
	conditions: option(ONLY_START_IF, readConditions),
	isUnfinished: option(ONLY_START_IF, isUnfinished),
	alsoStart: option(
		{
			displayName: 'Also Start For',
			name: 'alsoStart',
			type: 'multiOptions',
			noDataExpression: true,
			options: KINDS.map((kind) => ({ ...optionOf(kind), displayOptions: onlySelected(kind) })),
			default: [],
			description:
				'Event types that start the workflow without a condition. All other types need a condition under Only Start If.',
		},
		(value): readonly unknown[] => (Array.isArray(value) ? value : KINDS),
	),
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
						'What starts the workflow leaves through one output. You can pin its data, to build and test with a sample.',
				},
				{
					name: 'One per Event',
					value: 'perEvent',
					description:
						'Each event type leaves through its own output, so you need no Switch node. Pinned and mock data always leave through the first output, whatever they are.',
				},
			],
			default: 'single',
			description:
				'Whether each event type leaves through its own output. After a change, only the connection of the first output is left.',
		},
		(value) => (value === 'perEvent' ? value : 'single'),
	),
	maxAgeSeconds: option(
		{
			displayName: 'Maximum Age (Seconds)',
			name: 'maxAgeSeconds',
			type: 'number',
			noDataExpression: true,
			// What the inbox kept is old on purpose, and the inbox takes the same bytes only once. What n8n does not show, it does
			// not hand to the node either.
			displayOptions: onlyFrom('koeiq'),
			typeOptions: { minValue: 0 },
			default: 0,
			description:
				'Rejects events whose timestamp is more than this many seconds from now, so that nobody can record a request and send it again later. Events that KoeIQ delivers late are rejected too. 0 turns the check off.',
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
				'Whether to move the fields of "data" to the top of the item, so that an expression finds "summary" instead of "data.summary". If names collide, the envelope’s field is kept.',
		},
		(value) => value === true,
		'options.simplify',
	),
};

function optionOf(kind: Kind) {
	return { name: titleOf(kind), value: kind, description: MEANINGS[kind] };
}

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
