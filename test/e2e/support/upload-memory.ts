import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createWriteStream, readFileSync, writeFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';

import { startIngest, type Upload } from '../../../harness/koeiq/ingest';
import { startN8n } from '../../../harness/n8n';
import { activate } from '../../../harness/trigger';
import { poll } from '../../../harness/wait';
import { chain, node, webhookNode, type Workflow } from '../../../harness/workflow';
import { N8N_TEST_VERSION } from '../../support/version';
import { API_KEY } from './upload';

const MEGABYTE = 1024 * 1024;

export interface MeasuredUpload {
	/** What was sent. */
	file: { size: number; sha256: string };
	/** What arrived, twice. */
	uploads: Upload[];
	/** Megabytes by which n8n grew at most: over the first run, which reads the file too; and over the second request alone. */
	growth: { run: number; request: number };
}

/**
 * Uploads a recording of so many megabytes twice, by an n8n of its own. n8n's memory is measured from outside, by the
 * kernel's own high-water mark: Linux only.
 *
 * @param mode where n8n keeps files: `filesystem`, or `default`, in memory as base64, as 1.x does unless told
 */
export async function measureUpload(megabytes: number, mode: string): Promise<MeasuredUpload> {
	await using koeIq = await startIngest({ apiKey: API_KEY });
	const env = { N8N_DEFAULT_BINARY_DATA_MODE: mode };
	await using n8n = await startN8n({ version: N8N_TEST_VERSION, env });
	const { client } = n8n;
	// The folder that n8n 2 may read.
	const folder = join(n8n.folder, '.n8n-files');
	await mkdir(folder, { recursive: true });
	const path = join(folder, 'call.wav');
	const sha256 = await writeNoise(path, megabytes);

	const credential = { apiKey: API_KEY, baseUrl: koeIq.url };
	const workflow = uploadOf(path, await client.createCredential('koeIqApi', credential));
	const run = measureGrowth(n8n.pid());
	// Which starts it once.
	const { url } = await activate(client, workflow, workflow.nodes[0]?.webhookId ?? '');
	await poll('the first upload', 240_000, () => koeIq.uploads.length === 1);
	const ofRun = run();

	await fetch(url, { method: 'POST' });
	await poll('the second request', 240_000, () => koeIq.requests === 2);
	const request = measureGrowth(n8n.pid());
	await poll('the second upload', 240_000, () => koeIq.uploads.length === 2);
	return {
		file: { size: megabytes * MEGABYTE, sha256 },
		uploads: koeIq.uploads,
		growth: { run: ofRun, request: request() },
	};
}

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

/** @returns tells, when it is called, by how many megabytes a process has grown at most since */
function measureGrowth(pid: number): () => number {
	// 5 sets the high-water mark back to what is there now.
	writeFileSync(`/proc/${pid}/clear_refs`, '5');
	const before = megabytesOf(pid, 'VmRSS');
	return () => megabytesOf(pid, 'VmHWM') - before;
}

function megabytesOf(pid: number, count: 'VmRSS' | 'VmHWM'): number {
	const status = readFileSync(`/proc/${pid}/status`, 'utf8');
	return Math.round(Number(new RegExp(`${count}:\\s+(\\d+)`).exec(status)?.[1]) / 1024);
}

/** A webhook starts it: the file is read from disk, and uploaded. Nothing of the run is kept. */
function uploadOf(file: string, credentialId: string): Workflow {
	const path = randomUUID();
	const read = { fileSelector: file, options: {} };
	const credentials = { koeIqApi: { id: credentialId, name: 'KoeIQ' } };
	const nodes = [
		webhookNode(path),
		node('Read the file', 'n8n-nodes-base.readWriteFile', 1, read),
		node('KoeIQ', 'n8n-nodes-koeiq.koeIq', 1, {}, { credentials }),
	];
	const nothing = { saveDataSuccessExecution: 'none', saveDataErrorExecution: 'none' };
	return chain(`Upload ${path}`, nodes, nothing);
}
