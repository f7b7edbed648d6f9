import { EVENTS, type EventName, type Json, type Kind } from './events';

/** A condition of the panel's Only Start If. */
export interface Condition {
	event: EventName;
	/** A field of the event's `data`. */
	field: string;
	/** Whether the field's value meets it; `undefined` is a field that is missing. */
	isMetBy: (value: Json | undefined) => boolean;
}

type Operations<Value> = Record<string, (actual: Value, wanted: Value) => boolean>;

export const NUMBER_OPERATIONS = {
	lt: (actual, wanted) => actual < wanted,
	lte: (actual, wanted) => actual <= wanted,
	gt: (actual, wanted) => actual > wanted,
	gte: (actual, wanted) => actual >= wanted,
	equals: (actual, wanted) => actual === wanted,
	notEquals: (actual, wanted) => actual !== wanted,
} satisfies Operations<number>;

export const TEXT_OPERATIONS = {
	equals: (actual, wanted) => actual === wanted,
	notEquals: (actual, wanted) => actual !== wanted,
	contains: (actual, wanted) => actual.includes(wanted),
	notContains: (actual, wanted) => !actual.includes(wanted),
} satisfies Operations<string>;

/** A field of an event's `data` that a condition can name. */
export interface Field {
	event: EventName;
	name: string;
	type: 'number' | 'text';
}

/** Every field of every event, as the schemas have them. */
export const FIELDS: readonly Field[] = EVENTS.flatMap(({ name: event, schema }) =>
	Object.entries(schema.shape.data.shape).map(([name, type]): Field => {
		// Tried, not read from inside the schema: zod 3 and 4 differ there. 0 is in the range of every number.
		return { event, name, type: type.safeParse(0).success ? 'number' : 'text' };
	}),
);

/** Which events start the workflow. */
export interface Selection {
	/** The kinds that can start it at all. */
	events: readonly unknown[];
	/** If there is one, it and those beside it decide. */
	conditions: readonly Condition[];
	/** The kinds that start it beside those that meet their conditions. */
	alsoStart: readonly unknown[];
}

/**
 * Reads the parameter as n8n stores it: `{number: [{field, operation, value}], text: […]}`, each `field` being
 * `<event>/<field of data>`. An entry in any other form, or of no known event, is left out: it must hold nothing back.
 */
export function readConditions(parameter: unknown): Condition[] {
	return [
		...readGroup(parameter, 'number', NUMBER_OPERATIONS, isNumber),
		...readGroup(parameter, 'text', TEXT_OPERATIONS, isText),
	];
}

/** Whether the parameter holds a condition without a field, as the panel adds it, or without a number to compare with. */
export function isUnfinished(parameter: unknown): boolean {
	return ['number', 'text'].some((group) => {
		const entries = own(parameter, group);
		if (!Array.isArray(entries)) return false;
		return entries.some(
			(entry) =>
				(own(entry, 'field') ?? '') === '' ||
				(group === 'number' && !isNumber(own(entry, 'value'))),
		);
	});
}

/**
 * Whether an event starts the workflow. With conditions, one that they do not name does not; one that they name is held
 * back only if a condition is certainly not met.
 */
export function selects(
	{ events, conditions, alsoStart }: Selection,
	kind: Kind,
	data: Json | undefined = null,
): boolean {
	if (!events.includes(kind)) return false;
	if (conditions.length === 0 || alsoStart.includes(kind)) return true;
	const named = conditions.filter(({ event }) => event === kind);
	if (named.length === 0) return false;
	// No field of it can be judged; `delivery.issues` tells of it.
	if (data !== null && !isObject(data)) return true;
	return named.every(({ field, isMetBy }) => isMetBy(own(data, field)));
}

/** The operations that a missing or null value meets. */
const NEGATIVE: readonly string[] = ['notEquals', 'notContains'];

function readGroup<Value extends number | string>(
	parameter: unknown,
	group: Field['type'],
	operations: Operations<Value>,
	isOfType: (value: unknown) => value is Value,
): Condition[] {
	const entries = own(parameter, group);
	if (!Array.isArray(entries)) return [];
	return entries.flatMap((entry: unknown) => {
		const [path, operation, wanted] = ['field', 'operation', 'value'].map((key) => own(entry, key));
		if (!isText(path) || !isText(operation) || !isOfType(wanted)) return [];
		const compare = own(operations, operation);
		if (compare === undefined) return [];
		const [eventName, field = ''] = path.split('/');
		const event = EVENTS.find(({ name }) => name === eventName)?.name;
		if (event === undefined) return [];
		const isMetBy = (value: Json | undefined) => {
			if (value === undefined || value === null) return NEGATIVE.includes(operation);
			// A value of another type than its field's cannot be judged.
			return !isOfType(value) || compare(value, wanted);
		};
		return [{ event, field, isMetBy }];
	});
}

/** The object's own property, else `undefined`: an inherited one such as `constructor` is no field. */
function own<Value>(object: Record<string, Value> | null, name: string): Value | undefined;
function own(object: unknown, name: string): unknown;
function own(object: unknown, name: string): unknown {
	return isObject(object) && Object.hasOwn(object, name) ? object[name] : undefined;
}

function isObject(value: unknown): value is Record<string, unknown> {
	return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isNumber(value: unknown): value is number {
	return typeof value === 'number';
}

function isText(value: unknown): value is string {
	return typeof value === 'string';
}
