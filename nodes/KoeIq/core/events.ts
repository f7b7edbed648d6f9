import { z } from 'zod';

import { brief } from './brief';
import { DATE_TIME } from './timestamp';

/*
 * The one place that knows KoeIQ's events. Their order is the order of the outputs and of the options; outputs,
 * parameters, conditions and types are derived from here. Written in what zod 3.22 to 4 share.
 * Source: KoeIQ's webhook payload reference.
 */

const id = z.string().min(1);
const text = z.string().nullish();
const amount = z.number().finite();
const timestamp = z.string().regex(DATE_TIME, 'Expected an ISO 8601 date-time with Z or an offset');

function envelope<Name extends string, Data extends z.ZodRawShape>(event: Name, data: Data) {
	return z.object({ event: z.literal(event), timestamp, tenant_id: id, data: z.object(data) });
}

export const transcriptionCompleted = envelope('transcription.completed', {
	voicelog_id: id,
	call_id: text,
	status: text,
	duration_seconds: amount.min(0).nullish(),
	language: text,
	operator_id: text,
	department: text,
	call_date: text,
});

export const analyticsCompleted = envelope('analytics.completed', {
	voicelog_id: id,
	call_id: text,
	quality_score: amount.min(0).max(100).nullish(),
	sentiment_overall: amount.min(-1).max(1).nullish(),
	dominant_emotion: text,
	intent_primary: text,
	summary: text,
});

export const alertTriggered = envelope('alert.triggered', {
	alert_rule_id: id,
	alert_rule_name: text,
	voicelog_id: id,
	call_id: text,
	condition: id,
	threshold: amount.nullish(),
	actual_value: amount.nullish(),
	operator_id: text,
});

export type TranscriptionCompleted = z.infer<typeof transcriptionCompleted>;
export type AnalyticsCompleted = z.infer<typeof analyticsCompleted>;
export type AlertTriggered = z.infer<typeof alertTriggered>;

/**
 * KoeIQ's events. Add a new one at the end, with `since` set to a new typeVersion of the trigger. Nodes of an earlier
 * typeVersion keep it in Other: an update of the package never moves a wire.
 */
export const EVENTS = [
	{ name: 'transcription.completed', since: 2, schema: transcriptionCompleted },
	{ name: 'analytics.completed', since: 2, schema: analyticsCompleted },
	{ name: 'alert.triggered', since: 2, schema: alertTriggered },
] as const;

export type KoeIqEvent = z.infer<(typeof EVENTS)[number]['schema']>;
/** On the wire, and in the node's `events` parameter. */
export type EventName = (typeof EVENTS)[number]['name'];
/** What an item can be: one of the events, or anything else that is authentic. */
export type Kind = EventName | typeof OTHER;

/** The kind of everything authentic that is none of the events. */
export const OTHER = 'other';

/** The trigger's typeVersions, oldest first. */
export const TYPE_VERSIONS: readonly number[] = [
	...new Set<number>(EVENTS.map(({ since }) => since)),
];

/** Every kind of item that a node of this typeVersion tells apart, in the order of its outputs. */
export function kindsOf(typeVersion: number): Kind[] {
	return [...EVENTS.filter(({ since }) => since <= typeVersion).map(({ name }) => name), OTHER];
}

export type Json = string | number | boolean | null | Json[] | { [key: string]: Json };

/** A JSON object as KoeIQ sent it, nothing checked yet. */
export type Envelope = { [key: string]: Json };

/** A difference from KoeIQ's reference: a dotted path into the envelope, and what is wrong there. */
export type Issue = { path: string; message: string };

/** Decides by the name alone. What differs from the event's schema is listed in `issues` and changes nothing else. */
export function classify(envelope: Envelope, typeVersion: number): { kind: Kind; issues: Issue[] } {
	const event = EVENTS.find(({ name, since }) => name === envelope.event && since <= typeVersion);
	if (event === undefined) {
		return { kind: OTHER, issues: [{ path: 'event', message: unknownEvent(envelope.event) }] };
	}
	const { error } = event.schema.safeParse(envelope);
	const issues = error?.issues ?? [];
	return {
		kind: event.name,
		issues: issues.map(({ path, message }) => ({ path: path.join('.'), message })),
	};
}

/** Users see this beside a Test Ping, where nothing is wrong. */
function unknownEvent(event: Json | undefined): string {
	if (event === undefined) return 'It has no event name';
	return `Not a transcription, analytics or alert: ${brief(event)}`;
}
