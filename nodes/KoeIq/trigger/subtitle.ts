import type { NUMBER_OPERATIONS, TEXT_OPERATIONS } from '../core/conditions';
import { EVENTS, OTHER } from '../core/events';
import { PLURALS } from './words';

const SIGNS: Record<keyof typeof NUMBER_OPERATIONS | keyof typeof TEXT_OPERATIONS, string> = {
	lt: '<',
	lte: '≤',
	gt: '>',
	gte: '≥',
	equals: '=',
	notEquals: '≠',
	contains: ' contains ',
	notContains: ' does not contain ',
};

const KINDS = [...EVENTS, { name: OTHER, since: 0 } as const].map(({ name, since }) => ({
	kind: name,
	plural: PLURALS[name],
	since,
}));

/** Those of the node's typeVersion. */
const KNOWN = `${JSON.stringify(KINDS)}.filter(({ since }) => since <= $nodeVersion)`;

/** Each condition that counts: its kind of event, and its text. */
const CONDITIONS = `["number", "text"].flatMap((group) => $parameter["conditions"]?.[group] ?? [])
	.map(({ field = "", operation, value }) => ({
		kind: String(field).split("/")[0],
		text: String(field).split("/")[1] + (${JSON.stringify(SIGNS)})[operation] + JSON.stringify(value),
	}))
	.filter((condition) => ${JSON.stringify(KINDS)}.some(({ kind }) => kind === condition.kind))`;

/**
 * What starts the workflow, as the canvas shows it: "alerts, analytics if quality_score<60". An expression, evaluated by
 * n8n's editor. The canvas has room for some 30 characters, and must not cut a number in two: so what has conditions is
 * the last, and has no spaces that it can do without.
 */
export const SUBTITLE = `={{ ((known, conditions) =>
	conditions.length === 0 && known.every(({ kind }) => $parameter["events"].includes(kind))
		? "all events"
		: known
				.filter(({ kind }) => $parameter["events"].includes(kind))
				.map(({ kind, plural }) => ({
					plural,
					always: conditions.length === 0 || ($parameter["alsoStart"] ?? []).includes(kind),
					text: conditions.filter((condition) => condition.kind === kind).map(({ text }) => text).join(" and "),
				}))
				.filter(({ always, text }) => always || text !== "")
				.sort((a, b) => Number(b.always) - Number(a.always))
				.map(({ plural, always, text }) => (always ? plural : plural + " if " + text))
				.join(", ") || "no event"
)(${KNOWN}, ${CONDITIONS}) }}`;
