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
	...['', '<html>Sign in</html>', [], null, '"queued"', { status: 'queued' }],
	...[
		{ voicelog_id: '', status: 'queued' },
		{ voicelog_id: 1, status: 'queued' },
	],
])('200 with %j is a failure: no recording was confirmed', (body) => {
	const message = 'KoeIQ answered 200, but not with the ID of the recording';
	expect(read(200, body)).toMatchObject({ outcome: 'failed', status: 200, message });
});

test.each([
	[301, /address has moved/, /Base URL/],
	[400, /refused the upload \(400\)/, /fields/],
	[401, /did not accept the API key/, /Create a new key/],
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
			new RegExp(`${advice.source}.* KoeIQ says: Their words\\.$`),
		) as unknown,
	});
});

const WRONG_DATE = { loc: ['body', 'call_date'], msg: 'no date', type: 'value_error', input: 'x' };

test.each([
	['Trial limit reached', 'Trial limit reached.'],
	['Why not?', 'Why not?'],
	['上限に達しました。', '上限に達しました。'],
	// FastAPI's list.
	[[WRONG_DATE, { msg: 'no place' }], 'body.call_date: no date; no place.'],
	[[{ loc: [{}, ['x'], 1], msg: 'wrong' }], 'an object.a list.1: wrong.'],
	// Anything else as it came.
	[{ code: 7 }, '{"detail":{"code":7}}.'],
	[['a sentence', { code: 7 }], '{"detail":["a sentence",{"code":7}]}.'],
])('adds what KoeIQ says: %j', (detail, words) => {
	expect(read(400, { detail })).toMatchObject({
		description: `Check the fields of the KoeIQ node. KoeIQ says: ${words}`,
	});
});

test.each(['<html>413 Too Large</html>', { error: 'x' }, { detail: '' }, { detail: null }])(
	'says only its own words if KoeIQ sends %j',
	(body) => {
		expect(read(400, body)).toMatchObject({ description: 'Check the fields of the KoeIQ node.' });
	},
);

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

test.each([
	[409, { detail: 'exists' }, 'CALL-1', { call_id: 'CALL-1', duplicate: true }],
	[409, '', undefined, { call_id: null, duplicate: true }],
])('on Continue, %i %j of the Call ID %s is an item', (status, body, callId, item) => {
	const answer = read(status, body, { onDuplicate: 'continue', callId });
	expect(answer).toEqual({ outcome: 'item', item });
});

test('on Continue, no other refusal passes', () => {
	expect(read(403, '', { onDuplicate: 'continue' }).outcome).toBe('failed');
});
