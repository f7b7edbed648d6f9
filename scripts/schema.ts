import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

import { zodToJsonSchema } from 'zod-to-json-schema';

import { EVENTS } from '../nodes/KoeIq/core/events';

/*
 * Writes the schema preview: the fields that n8n can name before the first event has arrived. n8n knows one for
 * all outputs (the events laid over each other, and `delivery`) and looks for it under the node's version. It
 * serves it to the editor and to its workflow builder; the editor of 2.40 lists it for other nodes than triggers.
 */

export const SCHEMA_FILE = join(__dirname, '../nodes/KoeIq/__schema__/v2.0.0.json');

/** The part of JSON Schema that the editor reads. */
interface Preview {
	type: string;
	properties?: Record<string, Preview>;
	items?: Preview;
}

const DELIVERY: Preview = {
	type: 'object',
	properties: {
		id: { type: 'string' },
		received_at: { type: 'string' },
		signed_with: { type: 'string' },
		issues: {
			type: 'array',
			items: {
				type: 'object',
				properties: { path: { type: 'string' }, message: { type: 'string' } },
			},
		},
	},
};

/** The file's text. */
export function schemaPreview(): string {
	const events = EVENTS.map(({ schema }) =>
		toPreview(toJsonSchema(schema, { $refStrategy: 'none' })),
	);
	const { type, properties } = events.reduce(merge);
	const preview = { type, properties: { ...properties, delivery: DELIVERY }, version: 1 };
	return `${JSON.stringify(preview, null, '\t')}\n`;
}

/** What zod-to-json-schema writes for our schemas. */
interface JsonSchema {
	type?: string | string[];
	anyOf?: JsonSchema[];
	properties?: Record<string, JsonSchema>;
}

// Called by its plain shape: tsc gives up on the library's own type for a schema of this depth.
const toJsonSchema = zodToJsonSchema as (schema: object, options: object) => JsonSchema;

/** Keeps types and properties; of `string or null`, the string. */
function toPreview({ anyOf, type, properties }: JsonSchema): Preview {
	const alternative = anyOf?.find((schema) => schema.type !== 'null');
	if (alternative !== undefined) return toPreview(alternative);
	const [first] = [type].flat().filter((name) => name !== 'null');
	if (first === undefined) throw new Error(`No type that the editor knows: ${String(type)}`);
	if (properties === undefined) return { type: first };
	const entries = Object.entries(properties).map(
		([name, field]) => [name, toPreview(field)] as const,
	);
	return { type: first, properties: Object.fromEntries(entries) };
}

function merge(one: Preview, other: Preview): Preview {
	if (one.properties === undefined || other.properties === undefined) return one;
	const properties = { ...one.properties };
	for (const [name, field] of Object.entries(other.properties)) {
		const known = properties[name];
		properties[name] = known === undefined ? field : merge(known, field);
	}
	return { ...one, properties };
}

if (require.main === module) {
	const text = schemaPreview();
	const isSame = existsSync(SCHEMA_FILE) && readFileSync(SCHEMA_FILE, 'utf8') === text;
	// Not written if it is the same, so that watchers see no change.
	if (!isSame) {
		mkdirSync(dirname(SCHEMA_FILE), { recursive: true });
		writeFileSync(SCHEMA_FILE, text);
	}
}
