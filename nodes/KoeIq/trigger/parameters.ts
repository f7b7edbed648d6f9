import type { INodeProperties, NodeHint } from 'n8n-workflow';

import { OTHER } from '../core/events';
import { onlyWithConditions } from './only-start-if';
import { onlyFrom, OPTIONS } from './options';

/** The node's panel, from top to bottom. */
export const PARAMETERS: INodeProperties[] = [
	OPTIONS.source.property,
	{
		displayName:
			'Open <b>Webhook URLs</b> above, copy the Production URL, and paste it into KoeIQ under <b>Admin → Settings → Webhook Settings</b>. You need the Admin role there. The URL must begin with https. A <b>Test Ping</b> gets a 200, even if the trigger does not select it. Rejected requests don’t appear in Executions: check n8n’s log.',
		name: 'setupNotice',
		type: 'notice',
		displayOptions: onlyFrom('koeiq'),
		default: '',
	},
	{
		displayName:
			'<b>Publish</b> registers this workflow at the inbox. From then on, it gets the events that you select below. While it is unpublished, the inbox keeps them, for 7 days unless INBOX_KEEP_DAYS says otherwise. <b>Execute step</b> loads an event from the inbox, so you can build with a real one. <b>In KoeIQ, the URL must be the inbox’s, not this workflow’s.</b>',
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
		displayName: 'To separate the types, connect a Switch node on the field <b>event</b>.',
		name: 'singleOutputNotice',
		type: 'notice',
		displayOptions: { show: { outputMode: ['single'] } },
		default: '',
	},
	{
		displayName:
			'Connect each output whose events you need: what leaves through the others goes nowhere. Do not pin or mock data here: it leaves through the first output, whatever it is.',
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
			'KoeIQ documents neither how long it waits nor whether it sends an event again. Keep this workflow to a few seconds. On n8n’s <b>Engine 2.0</b>, a workflow can only respond <b>Immediately</b>: with this option, n8n rejects every event with 400.',
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
			'A later event is rejected, and can be lost. Allow for slow deliveries and clocks that differ: 300 is a common choice.',
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
		// With an output per event, mock data would leave through the first one.
		message:
			'<b>To build before an event arrives,</b> set mock data: the trigger of the template <b>One branch for each event</b> has an event of each type. Copy the one that you need.',
		displayCondition: '={{ $parameter["outputMode"] === "single" }}',
		whenToDisplay: 'beforeExecution',
		location: 'outputPane',
	},
	{
		message:
			'<b>To build before an event arrives,</b> start with the template <b>One branch for each event</b>: it has sample events.',
		displayCondition: '={{ $parameter["outputMode"] === "perEvent" }}',
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
			'<b>A Test Ping has no score and no summary.</b> To load the latest event of a call instead, deselect <b>Anything Else</b> under <b>Event Types</b>.',
		displayCondition: `={{ $parameter["source"] === "inbox" && !(${IGNORES_PING}) }}`,
		whenToDisplay: 'afterExecution',
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
			'<b>If n8n keeps listening,</b> no stored event fits: n8n waits for the next one. An event that is shown meanwhile is from before.',
		displayCondition:
			'={{ $parameter["source"] === "inbox" && $parameter["whenTesting"] !== "next" }}',
		whenToDisplay: 'always',
		location: 'outputPane',
	},
];
