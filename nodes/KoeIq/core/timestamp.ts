const DATE_TIME =
	/^(\d{4}-\d{2}-\d{2})T(?:[01]\d|2[0-3]):[0-5]\d(?::[0-5]\d(?:\.\d+)?)?(?:Z|[+-](?:[01]\d|2[0-3]):[0-5]\d)$/;

/**
 * Reads an ISO 8601 date-time with `Z` or an offset, such as `2026-03-17T18:00:00+09:00`.
 *
 * @returns milliseconds since the epoch, or `undefined` for anything else, a 30th of February included
 */
export function parseTimestamp(value: unknown): number | undefined {
	if (typeof value !== 'string') return undefined;
	const date = DATE_TIME.exec(value)?.[1];
	if (date === undefined || !isCalendarDate(date)) return undefined;
	return Date.parse(value);
}

/** `Date.parse` rolls a 30th of February over into March: only a date that stays as it is exists. */
function isCalendarDate(date: string): boolean {
	const time = Date.parse(date);
	return !Number.isNaN(time) && new Date(time).toISOString().startsWith(date);
}
