import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createWriteStream, readFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';

import { startIngest, type StartedIngest } from '../../harness/koeiq/ingest';
import { startN8n, type StartedN8n } from '../../harness/n8n';
import { activate } from '../../harness/trigger';
import { poll } from '../../harness/wait';
import type { Workflow } from '../../harness/workflow';
import { N8N_TEST_VERSION } from '../support/version';

/*
 * A recording of the largest size that is usual, through the real n8n: what arrives is what was sent, and n8n's memory
 * stays flat. Measured from outside, from the moment that the request arrives to its end.
 */

const API_KEY = 'koeiq_live_of-the-tests';
const MEGABYTE = 1024 * 1024;
/** Growth of n8n's memory that is allowed. */
const ALLOWED_MEGABYTES = 200;

/** n8n keeps files on disk, or (1.x unless told) in memory as base64: a JavaScript text, so 384 MB at most. */
const CASES = N8N_TEST_VERSION.startsWith('1.')
	? [
			{ mode: 'filesystem', megabytes: 450 },
			{ mode: 'default', megabytes: 380 },
		]
	: [{ mode: 'filesystem', megabytes: 450 }];

describe.each(CASES)('$megabytes MB with binary data in mode $mode', ({ mode, megabytes }) => {
	let koeIq: StartedIngest;
	let n8n: StartedN8n;

	beforeAll(async () => {
		koeIq = await startIngest({ apiKey: API_KEY });
		n8n = await startN8n({
			version: N8N_TEST_VERSION,
			env: { N8N_DEFAULT_BINARY_DATA_MODE: mode },
		});
	}, 600_000);

	afterAll(async () => {
		await n8n.stop();
		await koeIq.stop();
	});

	test('are uploaded byte for byte, while memory stays flat', async () => {
		// The folder that n8n 2 may read.
		const folder = join(n8n.folder, '.n8n-files');
		await mkdir(folder, { recursive: true });
		const file = join(folder, 'call.wav');
		const sha256 = await writeNoise(file, megabytes);

		const { client } = n8n;
		const credential = await client.createCredential('koeIqApi', {
			apiKey: API_KEY,
			baseUrl: koeIq.url,
		});
		const workflow = uploadOf(file, credential);
		const path = workflow.nodes[0]?.webhookId ?? '';
		const { url } = await activate(client, workflow, path);
		const pid = await n8n.pid();

		// `activate` has started it once already.
		await poll('the first upload', 120_000, () => koeIq.uploads.length === 1);
		await fetch(url, { method: 'POST' });
		await poll('the request', 120_000, () => koeIq.requests === 2);
		const before = residentMegabytes(pid);
		let most = before;
		await poll('the upload', 120_000, () => {
			most = Math.max(most, residentMegabytes(pid));
			return koeIq.uploads.length === 2;
		});
		process.stderr.write(
			`${megabytes} MB, n8n ${N8N_TEST_VERSION}, mode ${mode}: ${before} MB before, ${most} MB at most\n`,
		);

		for (const upload of koeIq.uploads) {
			expect(upload.file).toMatchObject({ size: megabytes * MEGABYTE, sha256 });
			expect(Number(upload.headers['content-length'])).toBeGreaterThan(upload.file.size);
			expect(upload.headers['transfer-encoding']).toBeUndefined();
		}
		expect(most - before).toBeLessThan(ALLOWED_MEGABYTES);
	}, 480_000);
});

/** Writes a file that does not compress, and returns its digest. */
async function writeNoise(file: string, megabytes: number): Promise<string> {
	const hash = createHash('sha256');
	const out = createWriteStream(file);
	const noise = randomBytes(MEGABYTE);
	for (let written = 0; written < megabytes; written++) {
		noise.writeUInt32LE(written);
		const piece = Buffer.from(noise);
		hash.update(piece);
		if (!out.write(piece)) await once(out, 'drain');
	}
	out.end();
	await once(out, 'finish');
	return hash.digest('hex');
}

/** What a process has in memory, as Linux counts it. */
function residentMegabytes(pid: number): number {
	const status = readFileSync(`/proc/${pid}/status`, 'utf8');
	return Math.round(Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1024);
}

/** A webhook starts it: the file is read from disk, and uploaded. Nothing of the run is kept. */
function uploadOf(file: string, credentialId: string): Workflow {
	const path = randomUUID();
	return {
		name: `Upload ${path}`,
		nodes: [
			{
				id: randomUUID(),
				name: 'Webhook',
				type: 'n8n-nodes-base.webhook',
				typeVersion: 2,
				position: [0, 0],
				parameters: { httpMethod: 'POST', path, options: {} },
				webhookId: path,
			},
			{
				id: randomUUID(),
				name: 'Read the file',
				type: 'n8n-nodes-base.readWriteFile',
				typeVersion: 1,
				position: [200, 0],
				parameters: { fileSelector: file, options: {} },
			},
			{
				id: randomUUID(),
				name: 'KoeIQ',
				type: 'n8n-nodes-koeiq.koeIq',
				typeVersion: 1,
				position: [400, 0],
				parameters: {},
				credentials: { koeIqApi: { id: credentialId, name: 'KoeIQ' } },
			},
		],
		connections: {
			Webhook: { main: [[{ node: 'Read the file', type: 'main', index: 0 }]] },
			'Read the file': { main: [[{ node: 'KoeIQ', type: 'main', index: 0 }]] },
		},
		settings: { saveDataSuccessExecution: 'none', saveDataErrorExecution: 'none' },
	};
}
