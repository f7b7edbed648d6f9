import { startIngest, type StartedIngest } from '../../harness/koeiq/ingest';
import { toPythonJson } from '../../harness/koeiq/processing';
import { WAV } from '../../harness/koeiq/recording';
import { sign, SIGNATURE_HEADER } from '../../harness/koeiq/sender';
import { StandIn } from '../../harness/stand-in';
import { poll } from '../../harness/wait';
import { disposedAfterAll } from '../support/disposed';

/* The stand-in of KoeIQ does what KoeIQ's public pages say. */

const API_KEY = 'koeiq_live_of-the-tests';
const SECRET = 'the-secret-that-koeiq-signs-with';

const started = disposedAfterAll();
let koeIq: StartedIngest;

beforeAll(async () => {
	koeIq = await started(startIngest({ apiKey: API_KEY }));
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
	await poll('it to be done', 60_000, () => koeIq.uploads[0]?.status === 'done');
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
	let receiver: StandIn;

	beforeAll(async () => {
		receiver = await started(StandIn.start());
		koeIq.webhook = { url: receiver.url, secret: SECRET };
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
		await poll('two events', 60_000, () => receiver.accepted.length === 2);
		for (const { body, headers } of receiver.requests) {
			expect(headers[SIGNATURE_HEADER.toLowerCase()]).toEqual([sign(SECRET, body)]);
		}
		const [transcription, analytics] = receiver.accepted;
		const call = { voicelog_id: koeIq.uploads.at(-1)?.voicelog_id, call_id: '通話-2' };
		expect(transcription).toMatchObject({
			event: 'transcription.completed',
			data: { ...call, operator_id: 'OP001', department: '営業', call_date: '2026-03-16' },
		});
		expect(analytics).toMatchObject({ event: 'analytics.completed', data: call });
		expect(JSON.stringify(receiver.accepted)).not.toContain('C-9');
		const forms = receiver.requests.map(({ body }) => (body.includes('": "') ? 'Python' : 'Node'));
		expect(forms.sort()).toEqual(['Node', 'Python']);
	});
});

test("Python's form is what json.dumps writes", () => {
	const value = {
		text: '通話 "é" \\ \u{1F3A7} \u007f\n',
		list: [1, 0.4, -2, null, true],
		none: {},
	};
	// What Python 3.11 printed for it.
	const written = String.raw`{"text": "\u901a\u8a71 \"\u00e9\" \\ \ud83c\udfa7 \u007f\n", "list": [1, 0.4, -2, null, true], "none": {}}`;
	expect(toPythonJson(value)).toBe(written);
});
