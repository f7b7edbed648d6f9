import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createWriteStream, readFileSync, writeFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';

import { startIngest, type StartedIngest } from '../../harness/koeiq/ingest';
import { startN8n, type StartedN8n } from '../../harness/n8n';
import { activate } from '../../harness/trigger';
import { poll } from '../../harness/wait';
import { webhookNode, type Workflow } from '../../harness/workflow';
import { note } from '../support/figures';
import { disposedAfterAll } from '../support/disposed';
import { N8N_TEST_VERSION } from '../support/version';

/*
 * A recording of the largest size that is usual, through the real n8n: what arrives is what was sent, and n8n's memory
 * stays flat. Measured from outside, by the kernel's own high-water mark: over the first run from idle on, which has what
 * n8n itself takes to read the file, and over a second from the moment that the request arrives to its end.
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

	const started = disposedAfterAll();

	beforeAll(async () => {
		koeIq = await started(startIngest({ apiKey: API_KEY }));
		const env = { N8N_DEFAULT_BINARY_DATA_MODE: mode };
		n8n = await started(startN8n({ version: N8N_TEST_VERSION, env }));
	}, 600_000);

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

		const wholeRun = measureMemory(n8n.pid());
		// Which starts it once.
		const { url } = await activate(client, workflow, path);
		await poll('the first upload', 120_000, () => koeIq.uploads.length === 1);
		const whole = wholeRun();

		await fetch(url, { method: 'POST' });
		await poll('the request', 120_000, () => koeIq.requests === 2);
		const requestAlone = measureMemory(n8n.pid());
		await poll('the upload', 120_000, () => koeIq.uploads.length === 2);
		const alone = requestAlone();
		note('upload', {
			...{ n8n: N8N_TEST_VERSION, 'binary data': mode, MB: megabytes },
			...{ 'MB more, the first run': whole.most - whole.before },
			...{ 'MB more, from the request on': alone.most - alone.before },
		});

		for (const upload of koeIq.uploads) {
			expect(upload.file).toMatchObject({ size: megabytes * MEGABYTE, sha256 });
			expect(Number(upload.headers['content-length'])).toBeGreaterThan(upload.file.size);
			expect(upload.headers['transfer-encoding']).toBeUndefined();
		}
		expect(alone.most - alone.before).toBeLessThan(ALLOWED_MEGABYTES);
		if (mode === 'filesystem') expect(whole.most - whole.before).toBeLessThan(ALLOWED_MEGABYTES);
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

/** In megabytes, as Linux counts them. */
interface Memory {
	before: number;
	most: number;
}

/** @returns what the process has in memory now, and, when it is called, the most that it has had since */
function measureMemory(pid: number): () => Memory {
	// 5 sets the high-water mark back to what is there now.
	writeFileSync(`/proc/${pid}/clear_refs`, '5');
	const before = megabytesOf(pid, 'VmRSS');
	return () => ({ before, most: megabytesOf(pid, 'VmHWM') });
}

function megabytesOf(pid: number, count: 'VmRSS' | 'VmHWM'): number {
	const status = readFileSync(`/proc/${pid}/status`, 'utf8');
	return Math.round(Number(new RegExp(`${count}:\\s+(\\d+)`).exec(status)?.[1]) / 1024);
}

/** A webhook starts it: the file is read from disk, and uploaded. Nothing of the run is kept. */
function uploadOf(file: string, credentialId: string): Workflow {
	const path = randomUUID();
	return {
		name: `Upload ${path}`,
		nodes: [
			webhookNode(path),
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
