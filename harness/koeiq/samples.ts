import type { EventName, KoeIqEvent } from '../../nodes/KoeIq/core/events';

/** Each event as KoeIQ's webhook payload reference shows it, key for key. */
export const SAMPLES: { [Name in EventName]: Extract<KoeIqEvent, { event: Name }> } = {
	'transcription.completed': {
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
	'analytics.completed': {
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
	'alert.triggered': {
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
};

/** A copy, so that a test may change it. */
export function sampleOf<Name extends EventName>(event: Name): (typeof SAMPLES)[Name] {
	return structuredClone(SAMPLES[event]);
}
