import type { INodeProperties, NodeHint } from 'n8n-workflow';

import { kindsOf, TYPE_VERSIONS } from '../core/events';
import { MEANINGS, titleOf } from './words';

/** The node's panel, from top to bottom. None takes an expression: no request has to wait for one. */
export const PARAMETERS: INodeProperties[] = [
	{
		displayName:
			'Open <b>Webhook URLs</b> above, copy the Production URL, and paste it into KoeIQ under <b>Admin → Settings → Webhook Settings</b>. You need the Admin role there, and the URL must begin with https. KoeIQ’s <b>Send Test Ping</b> comes out of <b>Other</b>, if <b>Anything Else</b> is among the event types below.',
		name: 'setupNotice',
		type: 'notice',
		default: '',
	},
	...TYPE_VERSIONS.map((version): INodeProperties => {
		const kinds = kindsOf(version);
		return {
			// Not "Events": n8n would offer each as an action of its own, which leaves out all the others.
			displayName: 'Event Types',
			name: 'events',
			type: 'multiOptions',
			noDataExpression: true,
			required: true,
			displayOptions: { show: { '@version': [version] } },
			options: kinds.map((kind) => ({
				name: titleOf(kind),
				value: kind,
				description: MEANINGS[kind],
			})),
			default: [...kinds],
			description:
				'Which events start the workflow. KoeIQ gets a 200 for the others too, so that it does not report them as failed.',
		};
	}),
	{
		displayName: 'Outputs',
		name: 'outputMode',
		type: 'options',
		noDataExpression: true,
		options: [
			{
				name: 'One per Event',
				value: 'perEvent',
				description: 'Four outputs: Transcription, Analytics, Alert and Other',
			},
			{
				name: 'Single',
				value: 'single',
				description: 'Everything from one output; its data can be pinned in the editor',
			},
		],
		default: 'perEvent',
		description: 'Whether each kind of event leaves through an output of its own',
	},
	{
		displayName:
			'All events leave together: tell them apart by the field <b>event</b>, with an If or Switch node behind. Connections of the outputs Analytics, Alert and Other are dropped.',
		name: 'outputModeNotice',
		type: 'notice',
		displayOptions: { show: { outputMode: ['single'] } },
		default: '',
	},
	{
		displayName: 'Respond',
		name: 'responseMode',
		type: 'options',
		noDataExpression: true,
		options: [
			{
				name: 'Immediately',
				value: 'onReceived',
				description: 'As soon as n8n has taken the event',
			},
			{
				name: 'When the Workflow Has Finished',
				value: 'lastNode',
				description:
					'200 when it has succeeded, 500 when it has failed. Before n8n 2.8, the only choice by which a crash of n8n loses nothing.',
			},
		],
		default: 'onReceived',
		description: 'When KoeIQ gets its answer',
	},
	{
		displayName:
			'KoeIQ does not say how long it waits for an answer. Keep this workflow to a few seconds, or KoeIQ may give up and send the event again.',
		name: 'responseModeNotice',
		type: 'notice',
		displayOptions: { show: { responseMode: ['lastNode'] } },
		default: '',
	},
	{
		displayName: 'Options',
		name: 'options',
		type: 'collection',
		placeholder: 'Add option',
		default: {},
		options: [
			{
				displayName: 'Maximum Age (Seconds)',
				name: 'maxAgeSeconds',
				type: 'number',
				typeOptions: { minValue: 0 },
				default: 0,
				description:
					'Refuse an event whose timestamp is further from now than this, so that a recorded request cannot be sent again later. The price: an event that KoeIQ delivers late is refused too. 0 turns the check off.',
			},
			{
				displayName: 'Simplify',
				name: 'simplify',
				type: 'boolean',
				default: false,
				description: 'Whether to lift the fields of "data" to the top of the item',
			},
		],
	},
	{
		displayName:
			'An event that KoeIQ delivers later than <b>Maximum Age</b> allows is refused, and lost unless KoeIQ sends it again. Allow for slow deliveries and clocks that differ: 300 is a usual choice.',
		name: 'maxAgeNotice',
		type: 'notice',
		displayOptions: { show: { '/options.maxAgeSeconds': [{ _cnd: { gt: 0 } }] } },
		default: '',
	},
];

/** What the panel says beside an event that has arrived. */
export const HINTS: NodeHint[] = [
	{
		message:
			'Each kind of event has a branch of its own: choose one below. What does not fit its type is in Other, and <b>delivery.issues</b> says why.',
		displayCondition: '={{ $parameter["outputMode"] !== "single" }}',
		whenToDisplay: 'afterExecution',
		location: 'outputPane',
	},
	{
		message: 'Pin this event (the pin above) to go on building with it, without sending another.',
		displayCondition: '={{ $parameter["outputMode"] === "single" }}',
		whenToDisplay: 'afterExecution',
		location: 'outputPane',
	},
];
