import { measureUpload } from '../e2e/support/upload-memory';
import { N8N_TEST_VERSION } from '../support/version';

/* A recording of the largest size that is usual. test/e2e/upload-memory.test.ts has a smaller one at each change. */

const ALLOWED_GROWTH = 200;

/** As base64 the recording is one JavaScript string: 384 MB at most. */
const CASES = N8N_TEST_VERSION.startsWith('1.')
	? [
			{ mode: 'filesystem', megabytes: 450 },
			{ mode: 'default', megabytes: 380 },
		]
	: [{ mode: 'filesystem', megabytes: 450 }];

test.each(CASES)(
	'$megabytes MB are uploaded while memory stays flat, with binary data in mode $mode',
	async ({ mode, megabytes }) => {
		const { file, uploads, growth } = await measureUpload(megabytes, mode);
		for (const upload of uploads) expect(upload.file).toMatchObject(file);
		expect(growth.request).toBeLessThan(ALLOWED_GROWTH);
		if (mode === 'filesystem') expect(growth.run).toBeLessThan(ALLOWED_GROWTH);
	},
	900_000,
);
