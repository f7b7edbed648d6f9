import type { INodeProperties, NodeHint } from 'n8n-workflow';

import { OTHER } from '../core/events';
import { onlyWithConditions } from './only-start-if';
import { onlyFrom, OPTIONS } from './options';

/** The node's panel, from top to bottom. */
export const PARAMETERS: INodeProperties[] = [
	OPTIONS.source.property,
	{
		displayName:
			'Open <b>Webhook URLs</b> above, copy the Production URL, and paste it into KoeIQ under <b>Admin → Settings → Webhook Settings</b>. You need the Admin role there. The URL must begin with https. A <b>Test Ping</b> counts as <b>Anything Else</b>: it starts the workflow only if <b>Event Types</b> contains that and, with a condition, <b>Also Start For</b> does too. KoeIQ gets a 200 either way. Rejected requests don’t appear in Executions: check n8n’s log.',
		name: 'setupNotice',
		type: 'notice',
		displayOptions: onlyFrom('koeiq'),
		default: '',
	},
	{
		displayName:
			'<b>Publish</b> registers this workflow at the inbox. From then on, it gets the events that you select below. While it is unpublished, the inbox keeps them, for 7 days unless INBOX_KEEP_DAYS says otherwise. <b>Execute step</b> loads an event from the inbox, so you can build with a real one. The URL in KoeIQ stays the inbox’s.',
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
			'An event type without a condition starts the workflow only if <b>Also Start For</b> contains it. A Test Ping counts as <b>Anything Else</b>. <b>Pinned and mock data are not checked:</b> they leave through the first output, whatever they are.',
		name: 'conditionsNotice',
		type: 'notice',
		default: '',
	}),
	OPTIONS.outputMode.property,
	{
		displayName:
			'All events leave through one output. To separate them, connect a Switch node on the field <b>event</b>. If you had <b>One per Event</b> before, only the connection of its first output is left.',
		name: 'singleOutputNotice',
		type: 'notice',
		displayOptions: { show: { outputMode: ['single'] } },
		default: '',
	},
	{
		displayName:
			'If you had <b>Single</b> before, its connection is now on the first output only. Connect the other outputs too, or their events go nowhere. Do not pin or mock data here: it leaves through the first output, whatever it is.',
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
					'The answer is 200, once n8n has stored the event (before n8n 2.8, once n8n has received it). If n8n has a concurrency limit, the answer waits for a free slot.',
			},
			{
				name: 'When the Workflow Has Finished',
				value: 'lastNode',
				description:
					'The answer is 200 if the workflow succeeded, and 500 if it failed. The inbox then sends the event again. Before n8n 2.8, use this option: with the other one, a crash of n8n can lose events.',
			},
		],
		default: 'onReceived',
		description: 'When KoeIQ or the inbox gets its answer',
	},
	{
		displayName:
			'KoeIQ doesn’t document how long it waits for an answer, nor whether it sends an event again. Keep this workflow to a few seconds. On n8n’s <b>Engine 2.0</b>, a workflow can only respond <b>Immediately</b>: with this option, n8n rejects every event with 400.',
		name: 'responseModeNotice',
		type: 'notice',
		displayOptions: { show: { responseMode: ['lastNode'], source: ['koeiq'] } },
		default: '',
	},
	{
		displayName:
			'The inbox waits up to 15 minutes for an answer (INBOX_ANSWER_TIMEOUT), and sends an event again if its run fails. Build the workflow so that a second run does no harm. On n8n’s <b>Engine 2.0</b>, a workflow can only respond <b>Immediately</b>: with this option, n8n rejects every event with 400.',
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
			'Copy the <b>Test URL</b> before you click <b>Execute step</b>: n8n locks it while it listens. If nothing arrives, open the credential: its test says if recent requests had another secret.',
		displayCondition: '={{ $parameter["source"] === "koeiq" }}',
		whenToDisplay: 'beforeExecution',
		location: 'outputPane',
	},
	{
		message:
			'This trigger does not select a <b>Test Ping</b>: KoeIQ gets a 200, and n8n keeps listening.',
		displayCondition: `={{ $parameter["source"] === "koeiq" && (${IGNORES_PING}) }}`,
		whenToDisplay: 'beforeExecution',
		location: 'outputPane',
	},
	{
		message:
			'<b>No output data in this branch?</b> The event is in another branch: its tab says <b>(1 item)</b>. If you don’t see that tab, use the arrow beside the tabs. Test Pings, and events that KoeIQ doesn’t document, are in <b>Other</b>.',
		displayCondition: '={{ $parameter["outputMode"] === "perEvent" }}',
		whenToDisplay: 'afterExecution',
		location: 'outputPane',
	},
	{
		message:
			'<b>delivery.issues</b> lists differences from KoeIQ’s documentation. The workflow still runs.',
		whenToDisplay: 'afterExecution',
		location: 'outputPane',
	},
];
