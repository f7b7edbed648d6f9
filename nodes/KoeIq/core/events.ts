import { z } from 'zod';

import { DATE_TIME } from './timestamp';

/*
 * The one place that knows KoeIQ's events. Their order is the order of the outputs and of the options;
 * parameters, outputs and types are derived from here. Written in what zod 3.22 to 4 share.
 * Source: KoeIQ's webhook payload reference.
 */

const id = z.string().min(1);
const text = z.string().nullish();
const amount = z.number().finite();
const timestamp = z.string().regex(DATE_TIME, 'Expected an ISO 8601 date-time with Z or an offset');

function envelope<Name extends string, Data extends z.ZodTypeAny>(event: Name, data: Data) {
	return z.object({ event: z.literal(event), timestamp, tenant_id: id, data });
}

export const transcriptionCompleted = envelope(
	'transcription.completed',
	z.object({
		voicelog_id: id,
		call_id: text,
		status: text,
		duration_seconds: amount.min(0).nullish(),
		language: text,
		operator_id: text,
		department: text,
		call_date: text,
	}),
);

export const analyticsCompleted = envelope(
	'analytics.completed',
	z.object({
		voicelog_id: id,
		call_id: text,
		quality_score: amount.min(0).max(100).nullish(),
		sentiment_overall: amount.min(-1).max(1).nullish(),
		dominant_emotion: text,
		intent_primary: text,
		summary: text,
	}),
);

export const alertTriggered = envelope(
	'alert.triggered',
	z.object({
		alert_rule_id: id,
		alert_rule_name: text,
		voicelog_id: id,
		call_id: text,
		condition: id,
		threshold: amount.nullish(),
		actual_value: amount.nullish(),
		operator_id: text,
	}),
);

export type TranscriptionCompleted = z.infer<typeof transcriptionCompleted>;
export type AnalyticsCompleted = z.infer<typeof analyticsCompleted>;
export type AlertTriggered = z.infer<typeof alertTriggered>;
export type KoeIqEvent = TranscriptionCompleted | AnalyticsCompleted | AlertTriggered;

export type EventName = KoeIqEvent['event'];
/** What an item can be: one of the events, or anything else that is authentic. */
export type Kind = EventName | 'other';

interface Described<Name extends Kind> {
	/** On the wire, and in the node's `events` parameter. */
	name: Name;
	/** Of its output; the canvas cuts it after 13 characters. */
	label: string;
	/** Of its option. */
	title: string;
	/** For somebody who runs a call centre. */
	meaning: string;
}

interface KnownEvent extends Described<EventName> {
	schema: z.ZodType<KoeIqEvent>;
	/** As KoeIQ's reference shows it, key for key. */
	sample: KoeIqEvent;
}

/** KoeIQ's events. */
export const EVENTS: ReadonlyArray<KnownEvent> = [
	{
		name: 'transcription.completed',
		label: 'Transcription',
		title: 'Transcription Completed',
		meaning: 'The text of a call is ready',
		schema: transcriptionCompleted,
		sample: {
			event: 'transcription.completed',
			timestamp: '2026-03-17T09:00:00Z',
			tenant_id: 't_xxxx',
			data: {
				voicelog_id: 'vl_xxxx',
				call_id: 'CALL-20260317-001',
				status: 'done',
				duration_seconds: 342,
				language: 'ja-JP',
				operator_id: 'OP001',
				department: 'Support',
				call_date: '2026-03-17',
			},
		},
	},
	{
		name: 'analytics.completed',
		label: 'Analytics',
		title: 'Analytics Completed',
		meaning: 'The quality score, emotion and intent of a call are ready',
		schema: analyticsCompleted,
		sample: {
			event: 'analytics.completed',
			timestamp: '2026-03-17T09:01:30Z',
			tenant_id: 't_xxxx',
			data: {
				voicelog_id: 'vl_xxxx',
				call_id: 'CALL-20260317-001',
				quality_score: 82,
				sentiment_overall: 0.4,
				dominant_emotion: 'neutral',
				intent_primary: 'billing_inquiry',
				summary: 'Customer called about invoice discrepancy...',
			},
		},
	},
	{
		name: 'alert.triggered',
		label: 'Alert',
		title: 'Alert Triggered',
		meaning: 'A call has met the condition of one of your alert rules',
		schema: alertTriggered,
		sample: {
			event: 'alert.triggered',
			timestamp: '2026-03-17T09:02:00Z',
			tenant_id: 't_xxxx',
			data: {
				alert_rule_id: 'ar_xxxx',
				alert_rule_name: 'Low Quality Score',
				voicelog_id: 'vl_xxxx',
				call_id: 'CALL-20260317-001',
				condition: 'quality_score_below',
				threshold: 60,
				actual_value: 45,
				operator_id: 'OP001',
			},
		},
	},
];

/** Where every authentic request goes that is none of them, or that does not fit its schema. */
export const OTHER: Described<'other'> = {
	name: 'other',
	label: 'Other',
	title: 'Anything Else',
	meaning: 'Anything else that KoeIQ has signed, such as the Test Ping',
};

/** Every kind of item, in the order of the outputs. */
export const KINDS: ReadonlyArray<Described<Kind>> = [...EVENTS, OTHER];

export type Json = string | number | boolean | null | Json[] | { [key: string]: Json };

/** A JSON object as KoeIQ sent it, nothing checked yet. */
export type Envelope = { [key: string]: Json };

/** Why an item left through Other: a dotted path into the envelope, and what is wrong there. */
export type Issue = { path: string; message: string };

/**
 * Names an envelope's kind. One that does not fit its event's schema is `other`, with the reasons;
 * a typed one has no issues.
 */
export function classify(envelope: Envelope): { kind: Kind; issues: Issue[] } {
	const event = EVENTS.find(({ name }) => name === envelope.event);
	if (event === undefined) {
		return { kind: OTHER.name, issues: [{ path: 'event', message: unknownEvent(envelope.event) }] };
	}
	const result = event.schema.safeParse(envelope);
	if (result.success) return { kind: event.name, issues: [] };
	return {
		kind: OTHER.name,
		issues: result.error.issues.map(({ path, message }) => ({ path: path.join('.'), message })),
	};
}

function unknownEvent(event: Json | undefined): string {
	const known = EVENTS.map(({ name }) => name).join(', ');
	return event === undefined ? `Missing; expected one of ${known}` : `None of ${known}`;
}
