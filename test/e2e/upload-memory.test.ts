import { N8N_TEST_VERSION } from '../support/version';
import { measureUpload } from './support/upload-memory';

/* A large recording through an n8n of its own: what arrives is what was sent, and n8n does not hold it in memory. */

const MEGABYTES = 150;
const ALLOWED_GROWTH = 75;

const MODES = N8N_TEST_VERSION.startsWith('1.') ? ['filesystem', 'default'] : ['filesystem'];
const onLinux = process.platform === 'linux' ? test : test.skip;

onLinux.each(MODES)(
	`a recording of ${MEGABYTES} MB is uploaded byte for byte, while memory stays flat, with binary data in mode %s`,
	async (mode) => {
		const { file, uploads, growth } = await measureUpload(MEGABYTES, mode);
		for (const upload of uploads) {
			expect(upload.file).toMatchObject(file);
			expect(Number(upload.headers['content-length'])).toBeGreaterThan(file.size);
			expect(upload.headers['transfer-encoding']).toBeUndefined();
		}
		expect(growth.request).toBeLessThan(ALLOWED_GROWTH);
	},
	600_000,
);
