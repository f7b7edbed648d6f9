import { toDateTime } from '../../nodes/KoeIq/core/date-time';
import { readFields } from '../../nodes/KoeIq/upload/fields';

const TOKYO = 'Asia/Tokyo';

describe('fields', () => {
	test('are sent in the names of the API', () => {
		const text = { callId: 'CALL-1', language: 'zh-CN', operatorId: 'OP001', customerId: 'C-9' };
		const values = { ...text, department: '営業', callDate: '2026-03-16T09:30:00Z' };
		expect(readFields(values, TOKYO)).toEqual({
			outcome: 'fields',
			fields: {
				...{ call_id: 'CALL-1', language: 'zh-CN', operator_id: 'OP001', customer_id: 'C-9' },
				...{ department: '営業', call_date: '2026-03-16T09:30:00Z' },
			},
		});
	});

	test.each(['', ' ', '\n', '\u200b', '\u3000\ufeff', null, undefined])(
		'%j is not sent',
		(value) => {
			expect(readFields({ callId: value, department: value, callDate: value }, TOKYO)).toEqual({
				outcome: 'fields',
				fields: {},
			});
		},
	);

	test.each([
		[4711, '4711'],
		[0, '0'],
		[9_007_199_254_740_991, '9007199254740991'],
		[12345678901234567890n, '12345678901234567890'],
		['12345678901234567890', '12345678901234567890'],
		[20260316.001, '20260316.001'],
		['CALL-9\n', 'CALL-9'],
		['\ufeff\tCALL-9\u200b\u3000', 'CALL-9'],
		['\u2060CALL\u00a0\u200b9\u00ad', 'CALL\u00a0\u200b9'],
		['9', '9'],
		['🔑', '🔑'],
	])('the Call ID %p is sent as %j', (callId, sent) => {
		expect(readFields({ callId }, TOKYO)).toEqual({
			outcome: 'fields',
			fields: { call_id: sent },
		});
	});

	test('trims a text of three million spaces', () => {
		const callId = `${' '.repeat(1_000_000)}C${' '.repeat(1_000_000)}9${' '.repeat(1_000_000)}`;
		expect(readFields({ callId }, TOKYO)).toMatchObject({ fields: { call_id: callId.trim() } });
	});

	describe.each([
		['callId', 'Call ID'],
		['operatorId', 'Operator ID'],
		['customerId', 'Customer ID'],
		['department', 'Department'],
	])('%s', (name, label) => {
		test.each([
			12345678901234567890, 12345678901234567891, 9_007_199_254_740_992, -9_007_199_254_740_992,
			1e21, 1234567.12345678901,
		])('is refused as the number %p, which another may have become', (value) => {
			expect(readFields({ [name]: value }, TOKYO)).toEqual({
				outcome: 'problem',
				message: `${label} is the number ${value}, which has too many digits for n8n to keep exactly: two IDs could become one. Pass it as text, all the way from the node that reads it.`,
			});
		});
	});

	test.each([
		[{ callId: { id: 1 } }, 'Call ID must be text or a number, not an object.'],
		[{ operatorId: ['a'] }, 'Operator ID must be text or a number, not a list.'],
		[{ customerId: Number.NaN }, 'Customer ID must be text or a number, not NaN.'],
		[{ department: true }, 'Department must be text or a number, not true.'],
		[{ callDate: 'yesterday' }, 'Call Date is not a date: "yesterday".'],
	])('%j is refused in a sentence', (values, message) => {
		expect(readFields(values, TOKYO)).toEqual({
			outcome: 'problem',
			message: expect.stringContaining(message) as unknown,
		});
	});
});

describe('a call date', () => {
	test.each([
		['with Z', '2026-03-16T09:30:00Z', '2026-03-16T09:30:00Z'],
		['with its own offset', '2026-03-16T09:30:00.000-05:00', '2026-03-16T09:30:00.000-05:00'],
		["from n8n's date picker", '2026-03-16T09:30:00', '2026-03-16T09:30:00+09:00'],
		['with a space', '2026-03-16 09:30', '2026-03-16T09:30+09:00'],
		['without a time', '2026-03-16', '2026-03-16T00:00:00+09:00'],
		['of JavaScript', new Date('2026-03-16T09:30:00Z'), '2026-03-16T09:30:00.000Z'],
	])('%s is sent as ISO 8601 with its offset', (_, value, sent) => {
		expect(toDateTime(value, TOKYO)).toBe(sent);
	});

	test.each([
		'yesterday',
		'16/03/2026',
		'2026-02-30',
		'2026-03-16T25:00:00',
		'2026-03-16T09:30:00+9',
		1_773_653_400_000,
		new Date('never'),
		{},
	])('%p is no date', (value) => {
		expect(toDateTime(value, TOKYO)).toBeUndefined();
	});

	test.each([
		['in winter', '2026-01-15T12:00:00', '-05:00'],
		['in summer', '2026-07-15T12:00:00', '-04:00'],
		['an hour before the clocks go forward', '2026-03-08T01:30:00', '-05:00'],
		['an hour after', '2026-03-08T03:30:00', '-04:00'],
		['the evening before the clocks go back', '2026-10-31T23:00:00', '-04:00'],
		['an hour after', '2026-11-01T03:00:00', '-05:00'],
	])('has the offset of its own day in New York: %s', (_, local, offset) => {
		expect(toDateTime(local, 'America/New_York')).toBe(local + offset);
	});

	test.each([
		['UTC', '+00:00'],
		['Asia/Kolkata', '+05:30'],
		['Europe/London', '+00:00'],
	])('has the offset of %s', (timeZone, offset) => {
		expect(toDateTime('2026-01-15T12:00:00', timeZone)).toBe(`2026-01-15T12:00:00${offset}`);
	});
});
