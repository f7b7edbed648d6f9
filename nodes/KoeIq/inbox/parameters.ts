import type { INodeProperties } from 'n8n-workflow';

import { EVENTS } from '../core/events';
import { titleOf } from '../trigger/words';

const resource = ['event'];

const DELIVERY_ID_HINT = 'The field delivery.id of the event';

const EVENT: INodeProperties = {
	displayName: 'Event',
	name: 'event',
	type: 'options',
	allowArbitraryValues: true,
	options: EVENTS.map(({ name }) => ({ name: titleOf(name), value: name })),
	default: 'analytics.completed',
	description:
		'The kind of event: analytics.completed has the summary, the quality score and the emotion of a call, transcription.completed its duration and operator, alert.triggered the alert rule that it has met',
};

const STATE: INodeProperties = {
	displayName: 'State',
	name: 'state',
	type: 'options',
	options: [
		{ name: 'Delivered', value: 'delivered', description: 'The workflow has the event' },
		{ name: 'Discarded', value: 'discarded', description: 'Somebody discarded the event by hand' },
		{
			name: 'Failed',
			value: 'failed',
			description: 'All retries failed. The event is still stored.',
		},
		{
			name: 'Retrying',
			value: 'retrying',
			description: 'An attempt failed. The inbox will try again.',
		},
		{ name: 'Waiting', value: 'waiting', description: 'The inbox has not tried yet' },
	],
	default: 'failed',
	description: 'The state of the event at one or more targets of the inbox',
};

/** The panel of the resource Event, from top to bottom. */
export const EVENT_PARAMETERS: INodeProperties[] = [
	{
		displayName: 'Operation',
		name: 'operation',
		type: 'options',
		noDataExpression: true,
		displayOptions: { show: { resource } },
		options: [
			{
				name: 'Get',
				value: 'get',
				action: 'Get an event',
				description: 'Get one stored event by its delivery ID',
			},
			{
				name: 'Get Many',
				value: 'getAll',
				action: 'Get many events',
				description:
					'Look up what KoeIQ has reported about calls: summaries, scores, transcriptions and alerts, newest first',
			},
			{
				name: 'Send Again',
				value: 'sendAgain',
				action: 'Send events again',
				description: 'Send stored events to their workflows again',
			},
		],
		default: 'getAll',
	},
	{
		displayName:
			'This needs the <b>inbox</b>. It keeps delivered events for 7 days unless INBOX_KEEP_DAYS says otherwise.',
		name: 'eventNotice',
		type: 'notice',
		displayOptions: { show: { resource } },
		default: '',
	},
	{
		displayName: 'Events to Send',
		name: 'sendWhat',
		type: 'options',
		noDataExpression: true,
		displayOptions: { show: { resource, operation: ['sendAgain'] } },
		options: [
			{ name: 'All of a Time Range', value: 'range' },
			{ name: 'One', value: 'one' },
		],
		default: 'one',
	},
	deliveryId({ resource, operation: ['get'] }),
	deliveryId({ resource, operation: ['sendAgain'], sendWhat: ['one'] }),
	{
		displayName: 'Return All',
		name: 'returnAll',
		type: 'boolean',
		displayOptions: { show: { resource, operation: ['getAll'] } },
		default: false,
		description: 'Whether to return all results or only up to a given limit',
	},
	{
		displayName: 'Limit',
		name: 'limit',
		type: 'number',
		typeOptions: { minValue: 1 },
		displayOptions: { show: { resource, operation: ['getAll'], returnAll: [false] } },
		default: 50,
		description: 'Max number of results to return',
	},
	{
		displayName: 'Filters',
		name: 'filters',
		type: 'collection',
		placeholder: 'Add Filter',
		displayOptions: { show: { resource, operation: ['getAll'] } },
		default: {},
		options: [
			{
				displayName: 'Call ID',
				name: 'callId',
				type: 'string',
				default: '',
				description: 'The ID of the call in your telephone system or CRM',
			},
			EVENT,
			received('After'),
			received('Before'),
			STATE,
			{
				displayName: 'Voicelog ID',
				name: 'voicelogId',
				type: 'string',
				default: '',
				description: 'The ID of the recording in KoeIQ',
			},
		],
	},
	rangeEnd('After'),
	rangeEnd('Before'),
	{
		displayName: 'Filters',
		name: 'filters',
		type: 'collection',
		placeholder: 'Add Filter',
		displayOptions: { show: { resource, operation: ['sendAgain'], sendWhat: ['range'] } },
		default: {},
		options: [EVENT, STATE],
	},
	{
		displayName: 'Options',
		name: 'options',
		type: 'collection',
		placeholder: 'Add option',
		displayOptions: { show: { resource, operation: ['sendAgain'] } },
		default: {},
		options: [
			{
				displayName: 'Target Key',
				name: 'target',
				type: 'string',
				default: '',
				description:
					'The key of the only target to send to, from inbox.targets of an event. If empty, the inbox sends to all current targets.',
			},
		],
	},
];

function deliveryId(show: Record<string, string[]>): INodeProperties {
	return {
		displayName: 'Delivery ID',
		name: 'deliveryId',
		type: 'string',
		required: true,
		displayOptions: { show },
		default: '',
		placeholder: 'e.g. 5f2c…',
		hint: DELIVERY_ID_HINT,
		description:
			'The ID of the event, 64 hexadecimal digits: the same in the inbox, in the trigger’s items and here',
	};
}

function received(side: 'After' | 'Before'): INodeProperties {
	return {
		displayName: `Received ${side}`,
		name: `received${side}`,
		type: 'dateTime',
		default: '',
		description:
			'When the inbox received the event, in the time zone of this workflow unless the value says otherwise',
	};
}

function rangeEnd(side: 'After' | 'Before'): INodeProperties {
	return {
		...received(side),
		required: true,
		displayOptions: { show: { resource, operation: ['sendAgain'], sendWhat: ['range'] } },
	};
}
