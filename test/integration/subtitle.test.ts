import type { INodeParameters } from 'n8n-workflow';

import { KINDS } from '../../harness/trigger';
import { KoeIqTrigger } from '../../nodes/KoeIq/KoeIqTrigger.node';
import { WebhookServer } from './support/webhook-server';

/* What the canvas says below the trigger, evaluated by n8n's own expressions over a saved node's parameters. */

const [TRANSCRIPTION, ANALYTICS, ALERT, OTHER] = KINDS;
const SCORE = 'analytics.completed/quality_score';
const BAD = { number: [{ field: SCORE, value: 60 }] };

let server: WebhookServer;

beforeAll(async () => {
	server = await WebhookServer.start(new KoeIqTrigger());
});

afterAll(async () => {
	await server.stop();
});

function subtitle(parameters: INodeParameters): unknown {
	server.node = { parameters };
	const { workflow, node } = server.workflow();
	const { subtitle } = server.trigger.description;
	return workflow.expression.getSimpleParameterValue(node, subtitle, 'internal', {});
}

test.each<[string, INodeParameters]>([
	['all events', {}],
	['all events', { conditions: {} }],
	['analytics, alerts', { events: [ALERT, ANALYTICS] }],
	['anything else', { events: [OTHER] }],
	['quality_score<60', { conditions: BAD }],
	['quality_score<60, alerts', { conditions: BAD, alsoStart: [ALERT] }],
	['transcriptions, analytics', { conditions: BAD, alsoStart: [ANALYTICS, TRANSCRIPTION] }],
	['transcriptions, analytics, alerts, anything else', { conditions: BAD, alsoStart: KINDS }],
	[
		'quality_score≥40 and dominant_emotion does not contain "a}} b", threshold≠0',
		{
			conditions: {
				number: [
					{ field: SCORE, operation: 'gte', value: 40 },
					{ field: 'alert.triggered/threshold', operation: 'notEquals', value: 0 },
				],
				text: [
					{
						field: 'analytics.completed/dominant_emotion',
						operation: 'notContains',
						value: 'a}} b',
					},
				],
			},
		},
	],
	[
		'alerts if operator_id="OP001"',
		{
			conditions: {
				text: [{ field: 'alert.triggered/operator_id', operation: 'equals', value: 'OP001' }],
			},
		},
	],
	// What would start it is not selected.
	['no event', { events: [ALERT], conditions: BAD }],
	['alerts', { events: [ALERT], conditions: BAD, alsoStart: [ALERT, OTHER] }],
	['no event', { events: [] }],
	// As the panel adds a condition, or with its number emptied: it cannot be published.
	['unfinished condition', { conditions: { number: [{ value: 0 }] } }],
	['unfinished condition', { conditions: { number: [{ field: SCORE, value: null }] } }],
	['unfinished condition', { conditions: { ...BAD, text: [{ value: '' }] }, alsoStart: [ALERT] }],
	// What the panel cannot make counts for nothing, or chooses all, as it does when an event comes.
	['all events', { events: 'alert.triggered' }],
	['alerts', { events: [ALERT, 'call.archived'] }],
	['no event', { events: ['call.archived'] }],
	['all events', { conditions: 'a text' }],
	['all events', { conditions: { number: [{ field: 'other/x', value: 60 }] } }],
	['all events', { conditions: { number: [{ field: SCORE, operation: 'contains', value: 60 }] } }],
	['transcriptions, analytics, alerts, anything else', { conditions: BAD, alsoStart: 'all' }],
])('%s', (expected, parameters) => {
	expect(subtitle(parameters)).toBe(expected);
});
