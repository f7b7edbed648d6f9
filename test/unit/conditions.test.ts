import {
	FIELDS,
	isUnfinished,
	NUMBER_OPERATIONS,
	readConditions,
	selects,
	TEXT_OPERATIONS,
} from '../../nodes/KoeIq/core/conditions';
import { kindsOf, type Json } from '../../nodes/KoeIq/core/events';
import { EVERYTHING } from './support/options';

const SCORE = 'analytics.completed/quality_score';
const EMOTION = 'analytics.completed/dominant_emotion';

const number = (operation: string, value: unknown, field: unknown = SCORE) => ({
	number: [{ field, operation, value }],
});
const text = (operation: string, value: unknown, field: unknown = EMOTION) => ({
	text: [{ field, operation, value }],
});

/** Whether an analytics event with this data starts the workflow. */
function starts(parameter: unknown, data: Json | undefined): boolean {
	const conditions = readConditions(parameter);
	return selects({ ...EVERYTHING, conditions }, 'analytics.completed', data);
}

describe('of a number', () => {
	test.each<[keyof typeof NUMBER_OPERATIONS, boolean, boolean, boolean]>([
		['lt', true, false, false],
		['lte', true, true, false],
		['gt', false, false, true],
		['gte', false, true, true],
		['equals', false, true, false],
		['notEquals', true, false, true],
	])('%s', (operation, ...expected) => {
		const scores = [59.9, 60, 60.1];
		const parameter = number(operation, 60);
		expect(scores.map((score) => starts(parameter, { quality_score: score }))).toEqual(expected);
	});
});

describe('of a text', () => {
	test.each<[keyof typeof TEXT_OPERATIONS, boolean, boolean, boolean]>([
		['equals', true, false, false],
		['notEquals', false, true, true],
		['contains', true, true, false],
		['notContains', false, false, true],
	])('%s', (operation, ...expected) => {
		const emotions = ['怒り', '少し怒り気味', '平静'];
		const parameter = text(operation, '怒り');
		expect(emotions.map((emotion) => starts(parameter, { dominant_emotion: emotion }))).toEqual(
			expected,
		);
	});

	test('letter case counts', () => {
		expect(starts(text('equals', 'Anger'), { dominant_emotion: 'anger' })).toBe(false);
		expect(starts(text('contains', 'Ang'), { dominant_emotion: 'anger' })).toBe(false);
	});
});

test('a field that is missing or null meets only notEquals and notContains', () => {
	const fields: Array<Json | undefined> = [
		undefined,
		null,
		{},
		{ quality_score: null, dominant_emotion: null },
	];
	for (const data of fields) {
		const numbers = Object.keys(NUMBER_OPERATIONS);
		expect(numbers.filter((name) => starts(number(name, 0), data))).toEqual(['notEquals']);
		const texts = Object.keys(TEXT_OPERATIONS);
		expect(texts.filter((name) => starts(text(name, ''), data))).toEqual([
			'notEquals',
			'notContains',
		]);
	}
});

test.each<[string, Json]>([
	['a score in text', { quality_score: '82', dominant_emotion: 5 }],
	['a score that is a list', { quality_score: [1], dominant_emotion: ['anger'] }],
	['a score that is true', { quality_score: true, dominant_emotion: false }],
	['data that is a text', 'anger'],
	['data that is a number', 82],
	['data that is a list', [82]],
])('%s cannot be judged, and starts the workflow', (_, data) => {
	expect(starts({ ...number('lt', 60), ...text('equals', 'calm') }, data)).toBe(true);
});

test('all conditions must hold', () => {
	const parameter = {
		number: [
			{ field: SCORE, operation: 'lt', value: 60 },
			{ field: SCORE, operation: 'gt', value: 40 },
		],
		text: [{ field: EMOTION, operation: 'equals', value: 'anger' }],
	};
	expect(starts(parameter, { quality_score: 50, dominant_emotion: 'anger' })).toBe(true);
	expect(starts(parameter, { quality_score: 60, dominant_emotion: 'anger' })).toBe(false);
	expect(starts(parameter, { quality_score: 40, dominant_emotion: 'anger' })).toBe(false);
	expect(starts(parameter, { quality_score: 50, dominant_emotion: 'calm' })).toBe(false);
});

describe('which kinds of event start the workflow', () => {
	const [T, A, L, O] = kindsOf(Infinity);
	const unmet = number('lt', 60);
	const met = number('gt', 60);
	test.each<[string, object, unknown, unknown[]]>([
		['without a condition: all', {}, {}, [T, A, L, O]],
		['without a condition: those of Event Types', { events: [A, O] }, {}, [A, O]],
		['without a condition, Also Start For says nothing', { alsoStart: [L] }, {}, [T, A, L, O]],
		['with one that is met: its own alone', {}, met, [A]],
		['with one that is not met: none', {}, unmet, []],
		['and those of Also Start For', { alsoStart: [L, O] }, unmet, [L, O]],
		['of which one has a condition too', { alsoStart: [A] }, unmet, [A]],
		['but none that Event Types leaves out', { events: [T, L], alsoStart: [L, O] }, met, [L]],
	])('%s', (_, selection, parameter, expected) => {
		const conditions = readConditions(parameter);
		const started = kindsOf(Infinity).filter((kind) =>
			selects({ ...EVERYTHING, conditions, ...selection }, kind, { quality_score: 90 }),
		);
		expect(started).toEqual(expected);
	});
});

test.each<[string, unknown, boolean]>([
	['no condition', {}, false],
	['one with a field', number('lt', 60), false],
	['one as the panel adds it', number('lt', 0, ''), true],
	['one as n8n saves it', { text: [{ value: 'x' }] }, true],
	['one beside another', { ...number('lt', 60), ...text('equals', '', '') }, true],
	['no list', { number: 5 }, false],
	['a number that was emptied', number('lt', null), true],
	['a text that was emptied', text('equals', ''), false],
])('tells whether a condition is unfinished: %s', (_, parameter, expected) => {
	expect(isUnfinished(parameter)).toBe(expected);
});

describe('a condition that was broken by hand is left out', () => {
	test.each<[string, unknown]>([
		['nothing', undefined],
		['null', null],
		['a text', '={{ $json.conditions }}'],
		['a number', 5],
		['a list', [number('lt', 60)]],
		['groups that are null', { number: null, text: null }],
		['a group that is an object', { number: { field: SCORE, operation: 'lt', value: 60 } }],
		['a group that is a text', { number: 'lt', text: '=x' }],
		['an entry that is null', { number: [null, undefined, 5, 'x', []] }],
		['no field', { number: [{ operation: 'lt', value: 60 }] }],
		['a field that is null', number('lt', 60, null)],
		['a field that is a number', number('lt', 60, 5)],
		['a field without its event', number('lt', 60, 'quality_score')],
		['no event', number('lt', 60, '/quality_score')],
		['an unknown event', number('lt', 60, 'call.archived/quality_score')],
		['an inherited event', number('lt', 60, 'constructor/quality_score')],
		['an unknown operation', number('isEmpty', 60)],
		['an inherited operation', number('constructor', 60)],
		['an operation that is null', { number: [{ field: SCORE, operation: null, value: 60 }] }],
		['a value in text', number('lt', '60')],
		['a value that is null', number('lt', null)],
		['a text that is a number', text('equals', 5)],
		['an unknown group', { boolean: [{ field: SCORE, operation: 'lt', value: 60 }] }],
	])('%s', (_, parameter) => {
		expect(starts(parameter, { quality_score: 90, dominant_emotion: 'calm' })).toBe(true);
		expect(starts(parameter, {})).toBe(true);
	});

	test('a valid condition beside it still counts', () => {
		const { number: right } = number('lt', 60);
		expect(starts({ number: [null, ...right], text: '=x' }, { quality_score: 90 })).toBe(false);
	});
});

test('an inherited field is missing', () => {
	const parameter = text('contains', 'function', 'analytics.completed/constructor');
	expect(starts(parameter, {})).toBe(false);
});

test('every field of every event can be named, as a number or a text', () => {
	const paths = (wanted: string) =>
		FIELDS.filter(({ type }) => type === wanted).map(({ event, name }) => `${event}/${name}`);
	expect(paths('number')).toEqual([
		'transcription.completed/duration_seconds',
		'analytics.completed/quality_score',
		'analytics.completed/sentiment_overall',
		'alert.triggered/threshold',
		'alert.triggered/actual_value',
	]);
	expect(paths('text')).toHaveLength(18);
	expect(paths('text')).toContain('alert.triggered/alert_rule_name');
});
