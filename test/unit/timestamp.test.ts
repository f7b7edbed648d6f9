import { parseTimestamp } from '../../nodes/KoeIq/core/timestamp';

test.each([
	['2026-03-17T09:00:00Z', Date.UTC(2026, 2, 17, 9)],
	['2026-03-17T18:00:00+09:00', Date.UTC(2026, 2, 17, 9)],
	['2026-03-17T18:00:00+0900', Date.UTC(2026, 2, 17, 9)],
	['2026-03-17T18:00:00+09', Date.UTC(2026, 2, 17, 9)],
	['2026-03-17T04:00-05', Date.UTC(2026, 2, 17, 9)],
	['2026-03-16T23:30:00.5-0930', Date.UTC(2026, 2, 17, 9, 0, 0, 500)],
	['2026-03-16T23:30:00-09:30', Date.UTC(2026, 2, 17, 9)],
	['2026-03-17T09:00:00.25Z', Date.UTC(2026, 2, 17, 9, 0, 0, 250)],
	['2026-03-17T09:00Z', Date.UTC(2026, 2, 17, 9)],
	['0001-01-01T00:00:00Z', Date.parse('0001-01-01T00:00:00Z')],
])('reads %s', (text, time) => {
	expect(parseTimestamp(text)).toBe(time);
});

test.each([
	'',
	'now',
	'2026-03-17',
	'2026-03-17T09:00:00',
	'2026-03-17 09:00:00Z',
	'2026-02-29T09:00:00Z',
	'2026-13-01T09:00:00Z',
	'2026-03-00T09:00:00Z',
	'2026-03-17T24:00:00Z',
	'2026-03-17T09:60:00Z',
	'2026-03-17T09:00:60Z',
	'2026-03-17T09:00:00+24:00',
	'2026-03-17T09:00:00+2400',
	'2026-03-17T09:00:00+0960',
	'2026-03-17T09:00:00+9',
	'2026-03-17T09:00:00+090',
	'Tue, 17 Mar 2026 09:00:00 GMT',
	' 2026-03-17T09:00:00Z',
	'2026-03-17T09:00:00Z\n',
	1773738000000,
	null,
	undefined,
	['2026-03-17T09:00:00Z'],
	{},
])('refuses %p', (value) => {
	expect(parseTimestamp(value)).toBeUndefined();
});

test.each([1900, 2000, 2026, 2028])(
	'reads every day of %i, and none that does not exist',
	(year) => {
		for (let month = 0; month <= 13; month++) {
			for (let day = 0; day <= 32; day++) {
				const [mm, dd] = [month, day].map((part) => String(part).padStart(2, '0'));
				const date = `${year}-${mm}-${dd}`;
				const time = Date.UTC(year, month - 1, day);
				const exists = new Date(time).toISOString().startsWith(date);
				expect([date, parseTimestamp(`${date}T00:00:00Z`)]).toEqual([
					date,
					exists ? time : undefined,
				]);
			}
		}
	},
);
