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
	contains: 'contains',
	notContains: 'does not contain',
};

const KINDS = [...EVENTS, { name: OTHER, since: 0 } as const].map(({ name, since }) => ({
	kind: name,
	plural: PLURALS[name],
	since,
}));

/** Those of the node's typeVersion. */
const KNOWN = `${JSON.stringify(KINDS)}.filter(({ since }) => since <= $nodeVersion)`;

/** Each condition that counts: its kind of event, and its text, such as `quality_score < 60`. */
const CONDITIONS = `["number", "text"].flatMap((group) => $parameter["conditions"]?.[group] ?? [])
	.map(({ field = "", operation, value }) => ({
		kind: String(field).split("/")[0],
		text: [String(field).split("/")[1], (${JSON.stringify(SIGNS)})[operation], JSON.stringify(value)].join(" "),
	}))
	.filter((condition) => ${JSON.stringify(KINDS)}.some(({ kind }) => kind === condition.kind))`;

/** What starts the workflow, as the canvas shows it: "analytics if quality_score < 60, alerts". n8n's editor evaluates it. */
export const SUBTITLE = `={{ ((known, conditions) => ((starting) =>
	starting.length === known.length && conditions.length === 0 ? "all events" : starting.join(", ") || "no event"
)(known.filter(({ kind }) => $parameter["events"].includes(kind)).flatMap(({ kind, plural }) => ((own) =>
	conditions.length === 0 || ($parameter["alsoStart"] ?? []).includes(kind)
		? [plural]
		: own.length > 0 ? [plural + " if " + own.map(({ text }) => text).join(" and ")] : []
)(conditions.filter((condition) => condition.kind === kind)))))(${KNOWN}, ${CONDITIONS}) }}`;
