import { FIELDS, type NUMBER_OPERATIONS, type TEXT_OPERATIONS } from '../core/conditions';
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

/** Fields that only one kind of event has: they need not be told whose they are. */
const UNIQUE = FIELDS.map(({ name }) => name).filter(
	(name, i, names) => names.indexOf(name) === i && names.lastIndexOf(name) === i,
);

/** Each condition that counts: its kind of event, its text, and whether that tells the kind. */
const CONDITIONS = `["number", "text"].flatMap((group) => $parameter["conditions"]?.[group] ?? [])
	.map(({ field = "", operation, value }) => ({
		kind: String(field).split("/")[0],
		tellsKind: ${JSON.stringify(UNIQUE)}.includes(String(field).split("/")[1]),
		text: String(field).split("/")[1] + (${JSON.stringify(SIGNS)})[operation] + JSON.stringify(value),
	}))
	.filter((condition) => ${JSON.stringify(KINDS)}.some(({ kind }) => kind === condition.kind))`;

/**
 * What starts the workflow, as the canvas shows it: "quality_score<60, alerts". An expression, evaluated by n8n's editor.
 * The canvas has room for some 30 characters, and must not cut a number in two: so what has conditions comes first, and
 * has nothing that it can do without.
 */
export const SUBTITLE = `={{ ((known, conditions) =>
	conditions.length === 0 && known.every(({ kind }) => $parameter["events"].includes(kind))
		? "all events"
		: known
				.filter(({ kind }) => $parameter["events"].includes(kind))
				.map(({ kind, plural }) => ({
					plural,
					always: conditions.length === 0 || ($parameter["alsoStart"] ?? []).includes(kind),
					own: conditions.filter((condition) => condition.kind === kind),
				}))
				.filter(({ always, own }) => always || own.length > 0)
				.sort((a, b) => Number(a.always) - Number(b.always))
				.map(({ plural, always, own }) => always
					? plural
					: (own.some(({ tellsKind }) => tellsKind) ? "" : plural + " if ") + own.map(({ text }) => text).join(" and "))
				.join(", ") || "no event"
)(${KNOWN}, ${CONDITIONS}) }}`;
