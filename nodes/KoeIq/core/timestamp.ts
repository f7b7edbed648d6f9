/** A day that exists: a 29th of February in leap years only. */
const DATE = [
	String.raw`(?:\d\d(?:0[48]|[2468][048]|[13579][26])|(?:[02468][048]|[13579][26])00)-02-29`,
	String.raw`\d{4}-02-(?:0[1-9]|1\d|2[0-8])`,
	String.raw`\d{4}-(?:0[469]|11)-(?:0[1-9]|[12]\d|30)`,
	String.raw`\d{4}-(?:0[13578]|1[02])-(?:0[1-9]|[12]\d|3[01])`,
].join('|');
const HOUR_AND_MINUTE = String.raw`(?:[01]\d|2[0-3]):[0-5]\d`;
const SECOND = String.raw`(?::[0-5]\d(?:\.\d+)?)?`;

const OFFSET = String.raw`[+-](?:[01]\d|2[0-3])(?::?[0-5]\d)?`;

/** An ISO 8601 date-time with `Z` or an offset: `2026-03-17T18:00:00+09:00`, `+0900` or `+09`. */
export const DATE_TIME = new RegExp(`^(?:${DATE})T${HOUR_AND_MINUTE}${SECOND}(?:Z|${OFFSET})$`);

/** An offset that `Date.parse` does not read: without its colon, or without its minutes. */
const SHORT_OFFSET = /([+-]\d\d)(\d\d)?$/;

/** @returns milliseconds since the epoch, or `undefined` for anything but a {@link DATE_TIME} */
export function parseTimestamp(value: unknown): number | undefined {
	if (typeof value !== 'string' || !DATE_TIME.test(value)) return undefined;
	return Date.parse(
		value.replace(SHORT_OFFSET, (_, hours: string, minutes = '00') => `${hours}:${minutes}`),
	);
}
