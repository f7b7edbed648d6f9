import { STATES, type EventFilter, type State } from '../store/store';

/** What the address of the list asks for, as text; empty where it asks for nothing. */
export interface Filter {
	/** Part of an id or of an event's name. */
	text: string;
	/** A key. */
	target: string;
	state: State | '';
	/** `2026-03-17T09:00`, in UTC. */
	from: string;
	until: string;
	/** A sequence: the next page. */
	before: string;
}

export const NO_FILTER: Filter = {
	...{ text: '', target: '', state: '', from: '', until: '', before: '' },
};

/** Stored ids are no longer. */
const MAX_TEXT_LENGTH = 200;
const MAX_KEY_LENGTH = 2_000;

/** Leaves out what cannot be. */
export function readFilter(query: Partial<Record<keyof Filter, string>>): Filter {
	const { text = '', target = '', state, from, until, before = '' } = query;
	return {
		text: text.trim().slice(0, MAX_TEXT_LENGTH),
		target: target.slice(0, MAX_KEY_LENGTH),
		state: STATES.find((one) => one === state) ?? '',
		from: toMinute(from),
		until: toMinute(until),
		before: /^\d{1,15}$/.test(before) ? before : '',
	};
}

/** For a link to what is found, below the targets. */
export function linkTo(filter: Partial<Filter>): string {
	return `/?${toQuery(filter)}#events`;
}

export function toQuery(filter: Partial<Filter>): string {
	return new URLSearchParams(Object.entries(filter).filter(([, value]) => value !== '')).toString();
}

/** Whether it leaves anything out, wherever in the list it is. */
export function isFiltering(filter: Filter): boolean {
	return toQuery({ ...filter, before: '' }) !== '';
}

/** Without the text, which is looked for in more ways than one. */
export function toEventFilter({ target, state, from, until }: Filter): EventFilter {
	return {
		...(target !== '' && { target }),
		...(state !== '' && { state }),
		...(from !== '' && { from: Date.parse(`${from}Z`) }),
		// The whole of the minute.
		...(until !== '' && { until: Date.parse(`${until}Z`) + 60_000 }),
	};
}

/** A browser without script sends what was typed, which is UTC then; the script sends an instant. */
function toMinute(text = ''): string {
	const time = Date.parse(/(?:Z|[+-]\d\d:\d\d)$/.test(text) ? text : `${text}Z`);
	if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d/.test(text) || Number.isNaN(time)) return '';
	return new Date(time).toISOString().slice(0, 16);
}
