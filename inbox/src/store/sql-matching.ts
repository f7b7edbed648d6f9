import type { Value } from './database';
import { STATES, type EventFilter } from './store';

/** Which part of what matches is meant. */
export interface Part {
	/** Events with a larger sequence than this. */
	above: number;
	/** Events with a smaller one. */
	below: number;
	/** The first so many in this order; without it, all. */
	first?: { limit: number; order: 'ASC' | 'DESC' };
}

export interface Matching {
	/** A SELECT of `sequence`, each once, in no order. */
	select: string;
	values: Value[];
	/** Takes one more value; its place in the statement. */
	value: (added: Value) => string;
}

/**
 * Selects events in SQL so that an index has them in order: a page of a million events takes no longer than one of ten.
 *
 * What {@link EventFilter.contains} asks for is looked for in every event of the part.
 *
 * @param targets the numbers of those whose deliveries count
 * @param idText the dialect's; without it, delivery ids are not looked into
 */
export function matching(
	filter: EventFilter,
	targets: readonly number[],
	part: Part,
	idText?: string,
): Matching {
	const wantsDelivery = filter.state !== undefined || filter.target !== undefined;
	// Nothing can match: a part with no room for an event.
	if (wantsDelivery && targets.length === 0) {
		return matching({}, targets, { ...part, below: part.above });
	}
	const values: Value[] = [part.above, part.below];
	const value = (added: Value) => `$${values.push(added)}`;
	const limit = part.first && value(part.first.limit);
	const page = (column: string) =>
		`${column} > $1 AND ${column} < $2 ${
			part.first === undefined || limit === undefined
				? ''
				: `ORDER BY ${column} ${part.first.order} LIMIT ${limit}`
		}`;

	const { event, callId, voicelogId, from, until, text, state, contains } = filter;
	const conditions = [
		...(event === undefined ? [] : [`e.event = ${value(event)}`]),
		...(callId === undefined ? [] : [`e.call_id = ${value(callId)}`]),
		...(voicelogId === undefined ? [] : [`e.voicelog_id = ${value(voicelogId)}`]),
		...(from === undefined ? [] : [`e.received_at >= ${value(from)}`]),
		...(until === undefined ? [] : [`e.received_at < ${value(until)}`]),
		...(contains === undefined ? [] : [containing(contains, value, idText)]),
	];
	const all = (more: readonly string[]) => more.map((one) => `${one} AND `).join('');
	const isById = callId !== undefined || voicelogId !== undefined || (text ?? '') !== '';

	let sources: string[];
	if (wantsDelivery && !isById) {
		const states = state === undefined ? STATES : [state];
		const joined = conditions.length === 0 ? '' : 'JOIN events e ON e.sequence = d.event';
		sources = targets.flatMap((number) =>
			states.map(
				(one) =>
					`SELECT d.event AS sequence FROM deliveries d ${joined}
					WHERE d.target = ${value(number)} AND d.state = ${value(one)} AND ${all(conditions)} ${page('d.event')}`,
			),
		);
	} else {
		const delivered = wantsDelivery
			? [
					`EXISTS (SELECT 1 FROM deliveries d WHERE d.event = e.sequence
					AND d.target IN (${targets.map(value).join() || 'NULL'})
					${state === undefined ? '' : `AND d.state = ${value(state)}`})`,
				]
			: [];
		const wanted = text === undefined || text === '' ? undefined : value(text);
		const variants =
			wanted === undefined
				? [[]]
				: ['e.call_id', 'e.voicelog_id', 'e.event'].map((column) => [`${column} = ${wanted}`]);
		sources = variants.map(
			(variant) =>
				`SELECT e.sequence FROM events e
				WHERE ${all([...variant, ...conditions, ...delivered])} ${page('e.sequence')}`,
		);
	}
	// SQLite wants no ORDER BY in a part of a union.
	const parts = sources.map((source) => `SELECT sequence FROM (${source}) AS s`);
	return { select: parts.join(' UNION '), values, value };
}

function containing(text: string, value: Matching['value'], idText?: string): string {
	const pattern = value(`%${text.replaceAll(/[\\%_]/g, String.raw`\$&`)}%`);
	const isOfId = idText !== undefined && /^[0-9a-f]+$/i.test(text);
	const columns = ['e.call_id', 'e.voicelog_id', 'e.event', ...(isOfId ? [idText] : [])];
	const likes = columns.map((column) => `lower(${column}) LIKE lower(${pattern}) ESCAPE '\\'`);
	return `(${likes.join(' OR ')})`;
}
