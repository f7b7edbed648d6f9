import { readFileSync } from 'node:fs';

import { SCHEMA_FILE, schemaPreview } from '../../scripts/schema';

test('the schema preview is the one that the schemas make: run npm run build, and commit it', () => {
	expect(readFileSync(SCHEMA_FILE, 'utf8')).toBe(schemaPreview());
});
