import { DATE_TIME } from '../core/timestamp';

/** n8n's date picker gives a local time without an offset; people also write a date alone. */
const LOCAL = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d(?:\.\d+)?)?))?$/;

/**
 * A date as n8n gives it, as ISO 8601 with its offset.
 *
 * @param timeZone the workflow's, such as `Asia/Tokyo`: what has no offset is a time there
 * @returns `undefined` if it is no date
 */
export function toCallDate(value: unknown, timeZone: string): string | undefined {
	if (value instanceof Date) return isNaN(value.getTime()) ? undefined : value.toISOString();
	if (typeof value !== 'string') return undefined;
	const text = value.trim();
	if (DATE_TIME.test(text)) return text;

	const [, date, time = '00:00:00'] = LOCAL.exec(text) ?? [];
	if (date === undefined || !DATE_TIME.test(`${date}T${time}Z`)) return undefined;
	return `${date}T${time}${offsetOf(`${date}T${time}`, timeZone)}`;
}

/** The offset of a local time. The first try takes it for UTC, which can be hours away and beyond a change of clocks. */
function offsetOf(local: string, timeZone: string): string {
	const guess = offsetAt(Date.parse(`${local}Z`), timeZone);
	return offsetAt(Date.parse(local + guess), timeZone);
}

function offsetAt(milliseconds: number, timeZone: string): string {
	const parts = new Intl.DateTimeFormat('en-US', {
		timeZone,
		timeZoneName: 'longOffset',
	}).formatToParts(milliseconds);
	// "GMT+09:00", and "GMT" alone for UTC.
	const name = parts.find(({ type }) => type === 'timeZoneName')?.value ?? '';
	return name.slice('GMT'.length) || '+00:00';
}
