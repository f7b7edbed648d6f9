import { FIELDS, NUMBER_OPERATIONS, TEXT_OPERATIONS } from '../core/conditions';
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

const GROUPS = [
	{ group: 'number', type: 'number', operations: Object.keys(NUMBER_OPERATIONS) },
	{ group: 'text', type: 'string', operations: Object.keys(TEXT_OPERATIONS) },
];

/** The conditions as they are saved, each with what its group compares. */
const ENTRIES = `${JSON.stringify(GROUPS)}.flatMap(({ group, ...rest }) => {
	const entries = $parameter["conditions"]?.[group];
	return Array.isArray(entries) ? entries.map((entry) => ({ ...entry, ...rest })) : [];
})`;

/** Each condition that counts: its kind of event, its text, and whether that tells the kind. */
const CONDITIONS = `${ENTRIES}
	.filter(({ operation, operations, value, type }) => operations.includes(operation) && typeof value === type)
	.map(({ field, operation, value }) => ({
		kind: String(field).split("/")[0],
		tellsKind: ${JSON.stringify(UNIQUE)}.includes(String(field).split("/")[1]),
		text: String(field).split("/")[1] + (${JSON.stringify(SIGNS)})[operation] + JSON.stringify(value),
	}))
	.filter(({ kind }) => ${JSON.stringify(EVENTS.map(({ name }) => name))}.includes(kind))`;

/** A condition that somebody still has to complete: the trigger cannot be published with it. */
const IS_UNFINISHED = `${ENTRIES}.some(({ field, value, type }) => !field || type === "number" && typeof value !== type)`;

/** Whether a list has the kind; a value that the panel cannot make chooses all. */
const chosen = (list: string) => `((list) => !Array.isArray(list) || list.includes(kind))(${list})`;
const SELECTED = chosen('$parameter["events"]');
const ALWAYS = chosen('$parameter["alsoStart"] ?? []');

/**
 * What starts the workflow, as the canvas shows it: "quality_score<60, alerts". An expression, evaluated by n8n's editor.
 * The canvas has room for some 30 characters, and must not cut a number in two: so what has conditions comes first, and
 * has nothing that it can do without.
 */
export const SUBTITLE = `={{ ${IS_UNFINISHED} ? "unfinished condition" : ((known, conditions) =>
	conditions.length === 0 && known.every(({ kind }) => ${SELECTED})
		? "all events"
		: known
				.filter(({ kind }) => ${SELECTED})
				.map(({ kind, plural }) => ({
					plural,
					always: conditions.length === 0 || ${ALWAYS},
					own: conditions.filter((condition) => condition.kind === kind),
				}))
				.filter(({ always, own }) => always || own.length > 0)
				.sort((a, b) => Number(a.always) - Number(b.always))
				.map(({ plural, always, own }) => always
					? plural
					: (own.some(({ tellsKind }) => tellsKind) ? "" : plural + " if ") + own.map(({ text }) => text).join(" and "))
				.join(", ") || "no event"
)(${KNOWN}, ${CONDITIONS}) }}`;
