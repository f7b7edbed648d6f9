import { EVENTS, type EventName, type Json, type Kind } from './events';

/** The panel's Only Start If. A field is `<event>/<field of data>`, such as `analytics.completed/quality_score`. */
export interface Conditions {
	number?: ReadonlyArray<Condition<number>>;
	text?: ReadonlyArray<Condition<string>>;
}

export interface Condition<Value extends number | string> {
	field: string;
	/** A name in {@link NUMBER_OPERATIONS} or {@link TEXT_OPERATIONS}. */
	operation: string;
	value: Value;
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
		// Asked, not read from inside the schema: zod 3 and 4 differ there. 0 is in the range of every number.
		return { event, name, type: type.safeParse(0).success ? 'number' : 'text' };
	}),
);

/**
 * Whether an event meets every condition that names it. Only what is known not to meet one is held back: a value of
 * another type than its field's cannot be judged, and passes.
 */
export function meets(
	{ number = [], text = [] }: Conditions,
	kind: Kind,
	data: Json = null,
): boolean {
	return (
		number.every((condition) => holds(condition, NUMBER_OPERATIONS, isNumber, kind, data)) &&
		text.every((condition) => holds(condition, TEXT_OPERATIONS, isText, kind, data))
	);
}

/** What a value that is missing or null still meets. */
const NEGATIVE: readonly string[] = ['notEquals', 'notContains'];

function holds<Value extends number | string>(
	{ field, operation, value: wanted }: Condition<Value>,
	operations: Operations<Value>,
	isOfType: (value: unknown) => value is Value,
	kind: Kind,
	data: Json,
): boolean {
	const [event, name = ''] = field.split('/');
	if (event !== kind) return true;
	const actual = read(data, name);
	if (actual === null || actual === undefined) return NEGATIVE.includes(operation);
	const compare = operations[operation];
	if (compare === undefined || !isOfType(actual) || !isOfType(wanted)) return true;
	return compare(actual, wanted);
}

/** A field of `data`; `data` itself if it has no fields, which is of no field's type. */
function read(data: Json, name: string): Json | undefined {
	if (typeof data !== 'object' || data === null || Array.isArray(data)) return data;
	return Object.hasOwn(data, name) ? data[name] : undefined;
}

function isNumber(value: unknown): value is number {
	return typeof value === 'number';
}

function isText(value: unknown): value is string {
	return typeof value === 'string';
}
