import type { INodeProperties, NodeHint } from 'n8n-workflow';

import { OTHER } from '../core/events';
import { onlyWithConditions } from './only-start-if';
import { onlyFrom, OPTIONS } from './options';

/** The node's panel, from top to bottom. */
export const PARAMETERS: INodeProperties[] = [
	OPTIONS.source.property,
	{
		displayName:
			'Open <b>Webhook URLs</b> above, copy the Production URL, and paste it into KoeIQ under <b>Admin → Settings → Webhook Settings</b>. You need the Admin role there, and the URL must begin with https. KoeIQ’s <b>Send Test Ping</b> is one of <b>Anything Else</b>. It starts the workflow only if <b>Event Types</b> has that, and, with a condition, <b>Also Start For</b> has it too. KoeIQ gets its 200 either way.',
		name: 'setupNotice',
		type: 'notice',
		displayOptions: onlyFrom('koeiq'),
		default: '',
	},
	{
		displayName:
			'<b>Publish</b> registers this workflow at the inbox: from then on it gets the events that are selected below, and while it is unpublished the inbox keeps them for it. <b>Execute step</b> gets an event from the inbox, so you can build with a real one. The URL in KoeIQ stays the inbox’s.',
		name: 'inboxNotice',
		type: 'notice',
		displayOptions: onlyFrom('inbox'),
		default: '',
	},
	OPTIONS.whenTesting.property,
	OPTIONS.events.property,
	OPTIONS.conditions.property,
	...onlyWithConditions(OPTIONS.alsoStart.property),
	...onlyWithConditions({
		displayName:
			'An event type without a condition starts the workflow only if <b>Also Start For</b> names it; the Test Ping is one of <b>Anything Else</b>. Pinned and mock data are not checked. With one output they reach the next node, whatever they are.',
		name: 'conditionsNotice',
		type: 'notice',
		default: '',
	}),
	OPTIONS.outputMode.property,
	{
		displayName:
			'Every event leaves through one output. To tell them apart, connect a Switch node that looks at the field <b>event</b>. If you had <b>One per Event</b> before: what was connected to its first output is connected to this one, and the connections of the others are gone.',
		name: 'singleOutputNotice',
		type: 'notice',
		displayOptions: { show: { outputMode: ['single'] } },
		default: '',
	},
	{
		displayName:
			'If you had <b>Single</b> before: what was connected to it is now connected to the first output only. Connect the other outputs too, or their events go nowhere. Do not pin or mock data here: it leaves through the first output, whatever it is.',
		name: 'outputPerEventNotice',
		type: 'notice',
		displayOptions: { show: { outputMode: ['perEvent'] } },
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
				description:
					'As soon as n8n has stored the event. If n8n has a concurrency limit, as n8n Cloud always has, the answer waits until the run has a free slot.',
			},
			{
				name: 'When the Workflow Has Finished',
				value: 'lastNode',
				description:
					'The answer is 200 if it succeeded and 500 if it failed: then the inbox sends the event again. On n8n before 2.8, only this choice loses nothing when n8n crashes.',
			},
		],
		default: 'onReceived',
		description: 'When KoeIQ, or the inbox, gets its answer',
	},
	{
		displayName:
			'KoeIQ does not say how long it waits for an answer. Keep this workflow to a few seconds, or KoeIQ may give up and send the event again. A workflow that runs on n8n’s <b>Engine 2.0</b> can only respond <b>Immediately</b>: with this choice, n8n refuses every event with 400.',
		name: 'responseModeNotice',
		type: 'notice',
		displayOptions: { show: { responseMode: ['lastNode'], source: ['koeiq'] } },
		default: '',
	},
	{
		displayName:
			'The inbox waits up to 15 minutes for an answer (INBOX_ANSWER_TIMEOUT), and sends an event again if its run fails: build the workflow so that a second run does no harm. A workflow that runs on n8n’s <b>Engine 2.0</b> can only respond <b>Immediately</b>: with this choice, n8n refuses every event with 400.',
		name: 'responseModeInboxNotice',
		type: 'notice',
		displayOptions: { show: { responseMode: ['lastNode'], source: ['inbox'] } },
		default: '',
	},
	{
		displayName: 'Options',
		name: 'options',
		type: 'collection',
		noDataExpression: true,
		placeholder: 'Add Option',
		default: {},
		options: [OPTIONS.maxAgeSeconds.property, OPTIONS.simplify.property],
	},
	{
		displayName:
			'An event that KoeIQ delivers later than <b>Maximum Age</b> allows is rejected, and lost unless KoeIQ sends it again. Allow for slow deliveries and clocks that differ: 300 is a common choice.',
		name: 'maxAgeNotice',
		type: 'notice',
		displayOptions: {
			show: { source: ['koeiq'], '/options.maxAgeSeconds': [{ _cnd: { gt: 0 } }] },
		},
		default: '',
	},
];

/** Whether a Test Ping does not start the workflow. */
const IGNORES_PING = `!$parameter["events"].includes("${OTHER}") ||
	["number", "text"].some((group) => ($parameter["conditions"]?.[group] ?? []).length > 0) && !($parameter["alsoStart"] ?? []).includes("${OTHER}")`;

/** What the panel says beside the output: while there is none yet, which is while n8n listens too, and of an event that has arrived. */
export const HINTS: NodeHint[] = [
	{
		message:
			'Copy the <b>Test URL</b> before you click <b>Execute step</b>: n8n locks it while it listens. If nothing arrives, open the credential: its test says whether the secret was wrong.',
		displayCondition: '={{ $parameter["source"] === "koeiq" }}',
		whenToDisplay: 'beforeExecution',
		location: 'outputPane',
	},
	{
		message:
			'This trigger does not select a <b>Test Ping</b>: KoeIQ gets its 200, and n8n goes on listening.',
		displayCondition: `={{ $parameter["source"] === "koeiq" && (${IGNORES_PING}) }}`,
		whenToDisplay: 'beforeExecution',
		location: 'outputPane',
	},
	{
		message:
			'<b>No output data in this branch?</b> The event is in another one: its tab says <b>(1 item)</b>. If you do not see it, move right with the arrow beside the tabs. What KoeIQ sends beside its documented events, such as the Test Ping, is in <b>Other</b>.',
		displayCondition: '={{ $parameter["outputMode"] === "perEvent" }}',
		whenToDisplay: 'afterExecution',
		location: 'outputPane',
	},
	{
		message:
			'If <b>delivery.issues</b> lists anything, the event differs there from what KoeIQ documents. It starts the workflow all the same.',
		whenToDisplay: 'afterExecution',
		location: 'outputPane',
	},
];
