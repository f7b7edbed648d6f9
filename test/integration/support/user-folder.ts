import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/* n8n-core writes its settings into the user's own n8n folder when it is loaded: give it another. */
const folder = mkdtempSync(join(tmpdir(), 'koeiq-n8n-core-'));
process.env.N8N_USER_FOLDER = folder;
afterAll(() => {
	rmSync(folder, { recursive: true, force: true });
});
