import { readAnswer } from '../../nodes/KoeIq/upload/answer';

const sent = { callId: 'CALL-1', onDuplicate: 'error' } as const;

const read = (
	status: number,
	body: unknown,
	options: Partial<Parameters<typeof readAnswer>[1]> = {},
) =>
	readAnswer(
		{ status, body: typeof body === 'string' ? body : JSON.stringify(body) },
		{ ...sent, ...options },
	);

test.each([200, 201, 202])(
	'%i with a voicelog_id is the item, whatever else it holds',
	(status) => {
		const answer = { voicelog_id: 'vl_1', status: 'queued', more: { to: ['come'] } };
		expect(read(status, answer)).toEqual({ outcome: 'item', item: answer });
	},
);

test.each([
	['nothing', ''],
	['a web page', '<html>Sign in</html>'],
	['a list', []],
	['null', null],
	['a text', '"queued"'],
	['an object without voicelog_id', { status: 'queued' }],
	['an empty voicelog_id', { voicelog_id: '', status: 'queued' }],
	['a number for voicelog_id', { voicelog_id: 1, status: 'queued' }],
])('200 with %s is a failure: no recording was confirmed', (_, body) => {
	expect(read(200, body)).toMatchObject({
		outcome: 'failed',
		status: 200,
		message: 'KoeIQ answered 200, but not with the ID of the recording',
	});
});

test.each([
	[301, /address has moved/, /Base URL/],
	[400, /refused the upload \(400\)/, /fields/],
	[401, /did not accept the API key/, /Generate a new key/],
	[403, /does not allow this upload/, /trial is over or has reached its limit/],
	[404, /no Ingest API/, /Base URL/],
	[409, /already has a call with the Call ID CALL-1/, /If the Call ID Exists/],
	[413, /too large/, /500 MB/],
	[422, /refused the upload \(422\)/, /fields/],
	[429, /too many requests/, /Retry On Fail/],
	[500, /could not handle the upload \(500\)/, /Retry On Fail/],
	[503, /could not handle the upload \(503\)/, /Retry On Fail/],
])('%i says what it means and what to do', (status, message, advice) => {
	expect(read(status, { detail: 'Their words' })).toEqual({
		outcome: 'failed',
		status,
		message: expect.stringMatching(message) as unknown,
		description: expect.stringMatching(
			new RegExp(`${advice.source}.* KoeIQ says: Their words$`),
		) as unknown,
	});
});

test.each([
	['a sentence', 'Trial limit reached', 'Trial limit reached'],
	[
		"FastAPI's list",
		[
			{
				loc: ['body', 'call_date'],
				msg: 'invalid datetime format',
				type: 'value_error',
				input: 'x',
			},
			{ msg: 'no place' },
		],
		'body.call_date: invalid datetime format; no place',
	],
	['anything else, as it came', { code: 7 }, '{"detail":{"code":7}}'],
	[
		'a list with anything else in it',
		['a sentence', { code: 7 }],
		'{"detail":["a sentence",{"code":7}]}',
	],
	['a place that is none', [{ loc: [{}, ['x'], 1], msg: 'wrong' }], 'an object.a list.1: wrong'],
])('adds what KoeIQ says: %s', (_, detail, words) => {
	expect(read(400, { detail })).toMatchObject({
		description: `Check the fields of this node. KoeIQ says: ${words}`,
	});
});

test.each([
	['no JSON', '<html>413 Request Entity Too Large</html>'],
	['no detail', { error: 'x' }],
	['an empty one', { detail: '' }],
	['a null', { detail: null }],
])('says only its own words if KoeIQ sends %s', (_, body) => {
	expect(read(400, body)).toMatchObject({ description: 'Check the fields of this node.' });
});

test.each([
	['[', ']'],
	['{"":', '}'],
	['[{"msg":"x","loc":[', ']}]'],
])('does not fail on a detail that nests 10,000 %s deep', (open, close) => {
	const body = `{"detail":${open.repeat(10_000)}0${close.repeat(10_000)}}`;
	expect(read(400, body)).toMatchObject({ outcome: 'failed', status: 400 });
});

test('cuts a detail that is too long to read', () => {
	const result = read(400, { detail: 'x'.repeat(10_000) });
	expect(result).toMatchObject({ description: expect.stringMatching(/x{500}…$/) as unknown });
});

describe('on Continue, a duplicate', () => {
	test('is an item with its Call ID', () => {
		expect(read(409, { detail: 'exists' }, { onDuplicate: 'continue' })).toEqual({
			outcome: 'item',
			item: { call_id: 'CALL-1', duplicate: true },
		});
	});

	test('has no Call ID if none was sent', () => {
		expect(read(409, '', { onDuplicate: 'continue', callId: undefined })).toEqual({
			outcome: 'item',
			item: { call_id: null, duplicate: true },
		});
	});

	test('is the only refusal that passes', () => {
		expect(read(403, '', { onDuplicate: 'continue' }).outcome).toBe('failed');
	});
});
