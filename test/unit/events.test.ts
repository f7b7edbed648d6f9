import { SAMPLES } from '../../harness/koeiq/samples';
import {
	classify as classifyAt,
	EVENTS,
	kindsOf,
	TYPE_VERSIONS,
	type Envelope,
	type EventName,
	type Json,
} from '../../nodes/KoeIq/core/events';

const classify = (envelope: Envelope) => classifyAt(envelope, 2);

/* As KoeIQ's reference prints them. */
const REFERENCE = [
	'{"event":"transcription.completed","timestamp":"2026-03-17T09:00:00Z","tenant_id":"t_xxxx","data":{"voicelog_id":"vl_xxxx","call_id":"CALL-20260317-001","status":"done","duration_seconds":342,"language":"ja-JP","operator_id":"OP001","department":"Support","call_date":"2026-03-17"}}',
	'{"event":"analytics.completed","timestamp":"2026-03-17T09:01:30Z","tenant_id":"t_xxxx","data":{"voicelog_id":"vl_xxxx","call_id":"CALL-20260317-001","quality_score":82,"sentiment_overall":0.4,"dominant_emotion":"neutral","intent_primary":"billing_inquiry","summary":"Customer called about invoice discrepancy..."}}',
	'{"event":"alert.triggered","timestamp":"2026-03-17T09:02:00Z","tenant_id":"t_xxxx","data":{"alert_rule_id":"ar_xxxx","alert_rule_name":"Low Quality Score","voicelog_id":"vl_xxxx","call_id":"CALL-20260317-001","condition":"quality_score_below","threshold":60,"actual_value":45,"operator_id":"OP001"}}',
];

/** A sample with some fields of the envelope or of `data` replaced; `undefined` removes one. */
function sample(
	name: EventName,
	data: Record<string, Json | undefined> = {},
	envelope: Record<string, Json | undefined> = {},
): Envelope {
	const original = SAMPLES[name];
	const changed = { ...original, data: { ...original.data, ...data }, ...envelope };
	return JSON.parse(JSON.stringify(changed)) as Envelope;
}

test('has a sample of every event, as the reference prints it, key for key', () => {
	expect(Object.values(SAMPLES).map((event) => JSON.stringify(event))).toEqual(REFERENCE);
	expect(Object.keys(SAMPLES)).toEqual(EVENTS.map(({ name }) => name));
});

test('keeps the order of the outputs', () => {
	expect(TYPE_VERSIONS).toEqual([2]);
	expect(kindsOf(2)).toEqual([
		'transcription.completed',
		'analytics.completed',
		'alert.triggered',
		'other',
	]);
});

test('keeps an event among the others in nodes of a typeVersion before it', () => {
	expect(kindsOf(1.9)).toEqual(['other']);
	expect(classifyAt(sample('alert.triggered'), 1.9)).toMatchObject({ kind: 'other' });
});

test.each(EVENTS.map(({ name }) => name))('types the sample of %s', (name) => {
	expect(classify(sample(name))).toEqual({ kind: name, issues: [] });
});

describe('has no issue with', () => {
	const T = 'transcription.completed';
	const A = 'analytics.completed';
	const L = 'alert.triggered';
	test.each<
		[string, EventName, Record<string, Json | undefined>, Record<string, Json | undefined>?]
	>([
		[
			'no field of data but the id',
			T,
			{ call_id: undefined, status: undefined, duration_seconds: undefined },
		],
		[
			'null for every optional field',
			A,
			{ quality_score: null, sentiment_overall: null, summary: null },
		],
		['null for the numbers of an alert', L, { threshold: null, actual_value: null }],
		['an unknown field in data', T, { transcript: ['はい'] }],
		['an unknown field in the envelope', T, {}, { attempt: 2 }],
		['a score of 0', A, { quality_score: 0 }],
		['a score of 100', A, { quality_score: 100 }],
		['a fraction of a score', A, { quality_score: 82.5 }],
		['a sentiment of -1', A, { sentiment_overall: -1 }],
		['a sentiment of 1', A, { sentiment_overall: 1 }],
		['a call of no length', T, { duration_seconds: 0 }],
		['a negative threshold', L, { threshold: -5 }],
		['an empty text in an optional field', T, { department: '' }],
		['an offset', T, {}, { timestamp: '2026-03-17T18:00:00+09:00' }],
		['an offset without its colon', T, {}, { timestamp: '2026-03-17T18:00:00+0900' }],
		['an offset without minutes', T, {}, { timestamp: '2026-03-17T18:00:00+09' }],
		['a fraction of a second', T, {}, { timestamp: '2026-03-17T09:00:00.123Z' }],
		['a leap day', T, {}, { timestamp: '2028-02-29T09:00:00Z' }],
	])('%s', (_, name, data, envelope = {}) => {
		expect(classify(sample(name, data, envelope))).toEqual({ kind: name, issues: [] });
	});
});

describe('keeps the kind, and lists the issue of', () => {
	const T = 'transcription.completed';
	const A = 'analytics.completed';
	const L = 'alert.triggered';
	test.each<
		[
			string,
			EventName,
			Record<string, Json | undefined>,
			Record<string, Json | undefined>,
			string[],
		]
	>([
		['no timestamp', T, {}, { timestamp: undefined }, ['timestamp']],
		['a timestamp without a zone', T, {}, { timestamp: '2026-03-17T09:00:00' }, ['timestamp']],
		['a date alone', T, {}, { timestamp: '2026-03-17' }, ['timestamp']],
		['a 30th of February', T, {}, { timestamp: '2026-02-30T09:00:00Z' }, ['timestamp']],
		['a timestamp that is a number', T, {}, { timestamp: 1773738000 }, ['timestamp']],
		['no tenant', T, {}, { tenant_id: undefined }, ['tenant_id']],
		['an empty tenant', T, {}, { tenant_id: '' }, ['tenant_id']],
		['no data', T, {}, { data: undefined }, ['data']],
		['data that is null', T, {}, { data: null }, ['data']],
		['data that is a list', T, {}, { data: [] }, ['data']],
		['no voicelog', T, { voicelog_id: undefined }, {}, ['data.voicelog_id']],
		['a voicelog that is null', A, { voicelog_id: null }, {}, ['data.voicelog_id']],
		['an empty voicelog', L, { voicelog_id: '' }, {}, ['data.voicelog_id']],
		['no alert rule', L, { alert_rule_id: undefined }, {}, ['data.alert_rule_id']],
		['no condition', L, { condition: undefined }, {}, ['data.condition']],
		['a score in text', A, { quality_score: '82' }, {}, ['data.quality_score']],
		['a score over 100', A, { quality_score: 100.1 }, {}, ['data.quality_score']],
		['a score under 0', A, { quality_score: -1 }, {}, ['data.quality_score']],
		['a sentiment over 1', A, { sentiment_overall: 1.01 }, {}, ['data.sentiment_overall']],
		['a sentiment under -1', A, { sentiment_overall: -1.01 }, {}, ['data.sentiment_overall']],
		['a negative duration', T, { duration_seconds: -1 }, {}, ['data.duration_seconds']],
		['a threshold in text', L, { threshold: '60' }, {}, ['data.threshold']],
		['a value that is true', L, { actual_value: true }, {}, ['data.actual_value']],
		['a number where text belongs', T, { operator_id: 1 }, {}, ['data.operator_id']],
		[
			'two faults at once',
			A,
			{ quality_score: '82', summary: 5 },
			{},
			['data.quality_score', 'data.summary'],
		],
	])('%s', (_, name, data, envelope, paths) => {
		const { kind, issues } = classify(sample(name, data, envelope));
		expect(kind).toBe(name);
		expect(issues.map(({ path }) => path)).toEqual(paths);
		for (const { message } of issues) expect(message).not.toBe('');
	});

	test('a number that JSON cannot hold', () => {
		const body = JSON.stringify(sample(T)).replace('342', '1e999');
		const { kind, issues } = classify(JSON.parse(body) as Envelope);
		expect([kind, issues.map(({ path }) => path)]).toEqual([T, ['data.duration_seconds']]);
	});

	test('a timestamp, in words', () => {
		expect(classify(sample(T, {}, { timestamp: 'today' })).issues).toEqual([
			{ path: 'timestamp', message: 'Expected an ISO 8601 date-time with Z or an offset' },
		]);
	});
});

describe('is Other, with the reason as its issue:', () => {
	const long = 'x'.repeat(101);
	const unknown = 'Not a transcription, analytics or alert: ';
	test.each<[string, Json | undefined, string]>([
		['an unknown event', 'test.ping', `${unknown}test.ping`],
		['another letter case', 'Alert.Triggered', `${unknown}Alert.Triggered`],
		['a name that is inherited', 'constructor', `${unknown}constructor`],
		['an empty name', '', unknown],
		['no event', undefined, 'It has no event name'],
		['null', null, `${unknown}null`],
		['a number', 1, `${unknown}1`],
		['an object', { name: 'alert.triggered' }, `${unknown}an object`],
		['a list', ['alert.triggered'], `${unknown}a list`],
		['a name of 100 characters', long.slice(1), unknown + long.slice(1)],
		['a longer name', long, `${unknown}${long.slice(1)}…`],
	])('%s', (_, event, message) => {
		expect(classify(sample('alert.triggered', {}, { event }))).toEqual({
			kind: 'other',
			issues: [{ path: 'event', message }],
		});
	});
});
