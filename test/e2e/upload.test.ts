import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';

import { startIngest, type StartedIngest } from '../../harness/koeiq/ingest';
import { WAV } from '../../harness/koeiq/recording';
import { disposedAfterAll } from '../support/disposed';
import { N8N_LOG } from './support/start';
import { API_KEY, UPLOAD, uploaded, UploadUnderTest } from './support/upload';

/* The KoeIQ node on the real n8n, before a stand-in of KoeIQ's Ingest API. */

const started = disposedAfterAll();
let koeIq: StartedIngest;

beforeAll(async () => {
	koeIq = await started(startIngest({ apiKey: API_KEY }));
});

const start = async (
	options: Omit<Parameters<typeof UploadUnderTest.start>[0], 'credential'> = {},
) =>
	await UploadUnderTest.start({ credential: { apiKey: API_KEY, baseUrl: koeIq.url }, ...options });

test('uploads a recording, byte for byte, with every field that is set', async () => {
	const upload = await start({
		parameters: {
			additionalFields: {
				language: 'ja-JP',
				operatorId: 'OP001',
				customerId: '={{ 4711 }}',
				department: '営業部 "東"',
				callDate: '2026-03-16T09:30:00',
			},
		},
	});
	const execution = await upload.run([WAV], { call_id: 'CALL-1' });
	const got = koeIq.uploads.at(-1);
	expect(uploaded(execution)).toEqual([{ voicelog_id: got?.voicelog_id, status: 'queued' }]);
	expect(got?.fields).toEqual({
		call_id: 'CALL-1',
		language: 'ja-JP',
		operator_id: 'OP001',
		customer_id: '4711',
		department: '営業部 "東"',
		call_date: '2026-03-16T09:30:00+09:00',
	});
	expect(got?.file).toEqual({
		name: '通話 001.wav',
		type: 'audio/wav',
		size: WAV.content.length,
		sha256: createHash('sha256').update(WAV.content).digest('hex'),
	});
	expect(got?.headers['transfer-encoding']).toBeUndefined();
});

test('pairs each item with its input', async () => {
	const upload = await start({ settings: { onError: 'continueRegularOutput' } });
	const execution = await upload.run([WAV, { ...WAV, name: 'notes.txt', type: 'text/plain' }, WAV]);
	const items = execution.outputs(UPLOAD)?.[0] ?? [];
	expect(items).toMatchObject([0, 1, 2].map((item) => ({ pairedItem: { item } })));
	// n8n's webhook gives the files in any order.
	expect(items.map(({ json }) => json).filter(({ status }) => status === 'queued')).toHaveLength(2);
	expect(items.map(({ json }) => json.error).filter(Boolean)).toEqual([
		expect.stringContaining('"notes.txt" is not a WAV'),
	]);
});

test('writes the key into no execution and no log, whatever goes wrong', async () => {
	const upload = await start();
	koeIq.next.push('hang up', { status: 401, body: { detail: `not ${API_KEY}` } });
	for (let refusal = 1; refusal <= 2; refusal++) {
		const execution = await upload.run([WAV]);
		expect(execution.status).toBe('error');
		expect(execution.mentions(API_KEY)).toBe(false);
	}
	expect(await readFile(process.env[N8N_LOG] ?? '', 'utf8')).not.toContain(API_KEY);
});
