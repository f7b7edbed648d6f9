import { execFileSync } from 'node:child_process';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

import { startIngest, type StartedIngest } from '../../harness/koeiq/ingest';
import { toPythonJson } from '../../harness/koeiq/processing';
import { WAV } from '../../harness/koeiq/recording';
import { sign, SIGNATURE_HEADER } from '../../harness/koeiq/sender';
import { findPython } from '../../harness/python';
import { poll } from '../../harness/wait';

/* The stand-in of KoeIQ does what KoeIQ's public pages say. */

const API_KEY = 'koeiq_live_of-the-tests';
const SECRET = 'the-secret-that-koeiq-signs-with';

let koeIq: StartedIngest;

beforeAll(async () => {
	koeIq = await startIngest({ apiKey: API_KEY });
});

afterAll(async () => {
	await koeIq.stop();
});

async function upload(
	fields: Record<string, string> = {},
	{ key = API_KEY, name = WAV.name, path = '/api/ingest/upload' } = {},
) {
	const form = new FormData();
	for (const [field, value] of Object.entries(fields)) form.set(field, value);
	if (name !== '') form.set('file', new Blob([WAV.content], { type: WAV.type }), name);
	const headers = { 'x-api-key': key };
	const response = await fetch(koeIq.url + path, { method: 'POST', headers, body: form });
	return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

test('answers with an id and "queued", and keeps what was sent', async () => {
	const fields = { call_id: 'CALL-1', department: '営業', call_date: '2026-03-16T09:30:00Z' };
	const { status, body } = await upload(fields);
	expect(status).toBe(200);
	expect(body).toEqual({ voicelog_id: koeIq.uploads[0]?.voicelog_id, status: 'queued' });
	expect(koeIq.uploads[0]).toMatchObject({
		fields,
		file: { name: WAV.name, type: WAV.type, size: WAV.content.length },
	});
	await poll('it to be done', 5_000, () => koeIq.uploads[0]?.status === 'done');
});

test.each([
	['a wrong key', () => upload({}, { key: 'wrong' }), 401],
	['another path', () => upload({}, { path: '/api/calls' }), 404],
	['a Call ID that exists', () => upload({ call_id: 'CALL-1' }), 409],
	['another format', () => upload({}, { name: 'call.txt' }), 400],
	['no file', () => upload({}, { name: '' }), 422],
	['no ISO 8601 date-time', () => upload({ call_date: '2026-03-16' }), 422],
])('refuses %s', async (_, refused, status) => {
	const before = koeIq.uploads.length;
	expect(await refused()).toEqual({ status, body: { detail: expect.anything() as unknown } });
	expect(koeIq.uploads).toHaveLength(before);
});

test("answers 403 once the trial's calls are used up", async () => {
	koeIq.trialLeft = 1;
	expect((await upload()).status).toBe(200);
	expect((await upload()).status).toBe(403);
	koeIq.trialLeft = Infinity;
});

describe('events', () => {
	const got: Array<{ body: string; signature: unknown }> = [];
	let receiver: Server;

	beforeAll(async () => {
		receiver = createServer((request, response) => {
			let body = '';
			request.setEncoding('utf8').on('data', (piece: string) => (body += piece));
			request.on('end', () => {
				got.push({ body, signature: request.headers[SIGNATURE_HEADER.toLowerCase()] });
				response.end();
			});
		}).listen(0, '127.0.0.1');
		await new Promise((resolve) => receiver.once('listening', resolve));
		const { port } = receiver.address() as AddressInfo;
		koeIq.webhook = { url: `http://127.0.0.1:${port}`, secret: SECRET };
	});

	afterAll(async () => {
		await new Promise((resolve) => receiver.close(resolve));
	});

	test('follow a recording, signed, with the fields that come back, as Python and as Node write them', async () => {
		const fields = {
			call_id: '通話-2',
			operator_id: 'OP001',
			customer_id: 'C-9',
			department: '営業',
			call_date: '2026-03-16T09:30:00+09:00',
		};
		await upload(fields);
		await poll('two events', 5_000, () => got.length === 2);
		for (const { body, signature } of got) expect(signature).toBe(sign(SECRET, body));
		const [transcription, analytics] = got.map(({ body }) => JSON.parse(body) as unknown);
		const call = { voicelog_id: koeIq.uploads.at(-1)?.voicelog_id, call_id: '通話-2' };
		expect(transcription).toMatchObject({
			event: 'transcription.completed',
			data: { ...call, operator_id: 'OP001', department: '営業', call_date: '2026-03-16' },
		});
		expect(analytics).toMatchObject({ event: 'analytics.completed', data: call });
		expect(JSON.stringify(got)).not.toContain('C-9');
		const forms = got.map(({ body }) => (body.includes('": "') ? 'Python' : 'Node'));
		expect(forms.sort()).toEqual(['Node', 'Python']);
	});
});

const python = findPython();
(python === undefined ? test.skip : test)("Python's form is what json.dumps writes", () => {
	const value = {
		text: '通話 "é" \\ \u{1F3A7} \u007f\n',
		list: [1, 0.4, -2, null, true],
		none: {},
	};
	const program = 'import json,sys; print(json.dumps(json.loads(sys.stdin.read())))';
	const written = execFileSync(python?.program ?? '', ['-c', program], {
		input: JSON.stringify(value),
		encoding: 'utf8',
	});
	expect(toPythonJson(value)).toBe(written.trimEnd());
});
