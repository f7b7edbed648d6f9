import { readFileSync } from 'node:fs';

import { SCHEMA_FILE, schemaPreview } from '../../scripts/schema';

const preview = JSON.parse(schemaPreview()) as {
	properties: Record<string, { type: string; properties: Record<string, { type: string }> }>;
};

test('the file beside the node is the one that the schemas make: run npm run build, and commit it', () => {
	expect(readFileSync(SCHEMA_FILE, 'utf8')).toBe(schemaPreview());
});

test('shows the envelope, then every field of every event, then the delivery', () => {
	expect(Object.keys(preview.properties)).toEqual([
		'event',
		'timestamp',
		'tenant_id',
		'data',
		'delivery',
	]);
	const data = preview.properties.data?.properties ?? {};
	expect(Object.keys(data)).toHaveLength(18);
	expect(data).toMatchObject({
		voicelog_id: { type: 'string' },
		duration_seconds: { type: 'number' },
		quality_score: { type: 'number' },
		threshold: { type: 'number' },
	});
	const delivery = preview.properties.delivery?.properties ?? {};
	expect(Object.keys(delivery)).toEqual(['id', 'received_at', 'signed_with', 'issues']);
});
