import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { inspect } from 'node:util';

import {
	NodeApiError,
	NodeOperationError,
	type IBinaryKeyData,
	type ICredentialDataDecryptedObject,
	type ICredentialTestFunctions,
	type IDataObject,
	type INode,
	type INodeExecutionData,
} from 'n8n-workflow';

import { KoeIqApi } from '../../credentials/KoeIqApi.credentials';
import { startIngest, type StartedIngest } from '../../harness/koeiq/ingest';
import { StandIn } from '../../harness/stand-in';
import { KoeIq } from '../../nodes/KoeIq/KoeIq.node';
import { executeContext } from './support/n8n-node';

/*
 * The node on n8n-core's own context and HTTP client, before a stand-in of KoeIQ. Most files are in memory, as base64
 * in the item: n8n 1.x's default. n8n's own part (credentials, executions, files on disk) is for the end-to-end tests.
 */

const API_KEY = 'koeiq_live_of-the-tests';
const CONTENT = 'words that nobody else may read';

/** What n8n keeps on disk, for an item whose file has an `id`. */
interface KeptFile {
	size: number;
	read(): AsyncIterable<Uint8Array>;
}

const node = new KoeIq();
let kept: KeptFile | undefined;
let koeIq: StartedIngest;
let credential: ICredentialDataDecryptedObject;

beforeAll(async () => {
	koeIq = await startIngest({ apiKey: API_KEY });
});

afterAll(async () => {
	await koeIq.stop();
});

beforeEach(() => {
	credential = { apiKey: API_KEY, baseUrl: `${koeIq.url}/` };
	koeIq.uploads.length = 0;
	koeIq.next.length = 0;
});

const recording = (change: Partial<IBinaryKeyData[string]> = {}): INodeExecutionData => ({
	json: {},
	binary: {
		data: {
			data: Buffer.from(CONTENT).toString('base64'),
			fileName: 'call.wav',
			mimeType: 'audio/wav',
			...change,
		},
	},
});

async function execute(
	items: INodeExecutionData[],
	parameters: IDataObject = {},
	settings: Partial<INode> = {},
): Promise<INodeExecutionData[]> {
	const context = executeContext({
		nodeType: node,
		node: { parameters: parameters as INode['parameters'], ...settings },
		credentials: [{ type: new KoeIqApi(), data: credential }],
		items,
	});
	Object.assign(context.helpers, {
		getBinaryMetadata: async () => ({ fileSize: kept?.size }),
		getBinaryStream: async () => Readable.from(kept?.read() ?? []),
	});
	const [results = []] = await node.execute.call(context);
	return results;
}

/** What the node throws. */
async function failure(...run: Parameters<typeof execute>): Promise<NodeApiError> {
	const error: unknown = await execute(...run).then(
		() => undefined,
		(thrown: unknown) => thrown,
	);
	if (error instanceof NodeApiError || error instanceof NodeOperationError) {
		return error as NodeApiError;
	}
	throw new Error(`The node did not fail as n8n's nodes do: ${inspect(error)}`);
}

test('uploads a file that n8n keeps in memory', async () => {
	const content = Buffer.alloc(1_000_003, CONTENT);
	const results = await execute([recording({ data: content.toString('base64') })], { callId: 'A' });
	const [upload] = koeIq.uploads;
	expect(results).toEqual([
		{ json: { voicelog_id: upload?.voicelog_id, status: 'queued' }, pairedItem: { item: 0 } },
	]);
	expect(upload?.fields).toEqual({ call_id: 'A' });
	expect(upload?.file).toEqual({
		name: 'call.wav',
		type: 'audio/wav',
		size: content.length,
		sha256: sha256(content),
	});
	expect(upload?.headers).toMatchObject({ 'x-api-key': API_KEY });
	expect(upload?.headers['transfer-encoding']).toBeUndefined();
	expect(Number(upload?.headers['content-length'])).toBeGreaterThan(content.length);
});

test('uploads whatever white space came along with the key and the URL', async () => {
	credential = { apiKey: ` ${API_KEY}\u200b\n`, baseUrl: `\u3000${koeIq.url} ` };
	await execute([recording()]);
	expect(koeIq.uploads.at(-1)?.headers).toMatchObject({ 'x-api-key': API_KEY });
});

test('uploads base64 with line breaks by its bytes', async () => {
	const content = Buffer.alloc(600_000, CONTENT);
	const data = content.toString('base64').replace(/.{76}/g, '$&\r\n');
	await execute([recording({ data })]);
	expect(koeIq.uploads[0]?.file).toMatchObject({ size: content.length, sha256: sha256(content) });
});

test('sends one request an item, and pairs each result with it', async () => {
	const items = ['1.wav', '2.mp3', '3.ogg'].map((fileName) => recording({ fileName }));
	const results = await execute(items);
	expect(koeIq.uploads.map(({ file }) => file.name)).toEqual(['1.wav', '2.mp3', '3.ogg']);
	expect(results.map(({ json, pairedItem }) => [json.voicelog_id, pairedItem])).toEqual(
		koeIq.uploads.map(({ voicelog_id: id }, item) => [id, { item }]),
	);
});

describe('refuses before anything is sent', () => {
	test.each<[RegExp, INodeExecutionData, IDataObject]>([
		[/binary/i, { json: {} }, {}],
		[/other/, recording(), { binaryPropertyName: 'other' }],
		[/empty \(0 bytes\)/, recording({ data: '' }), {}],
		[/"a.flac" is not a WAV, MP3/, recording({ fileName: 'a.flac', mimeType: 'audio/flac' }), {}],
		[/not a date: "soon"/, recording(), { additionalFields: { callDate: 'soon' } }],
		[/two IDs could become one/, recording(), { callId: 12345678901234567890 }],
	])('%s', async (sentence, item, parameters) => {
		const before = koeIq.requests;
		const error = await failure([item], parameters);
		expect(error).toBeInstanceOf(NodeOperationError);
		expect(error.message).toMatch(sentence);
		expect(error.context.itemIndex).toBe(0);
		expect(koeIq.requests).toBe(before);
	});

	test('a credential that cannot be right', async () => {
		credential = { ...credential, apiKey: 'a key' };
		const error = await failure([recording()]);
		expect(error).toBeInstanceOf(NodeOperationError);
		expect(error.message).toMatch(/white space/);
	});
});

describe("KoeIQ's refusals", () => {
	test('are errors with their status, their item and what KoeIQ says', async () => {
		koeIq.next.push(
			{ status: 200, body: { voicelog_id: 'vl_1', status: 'queued' } },
			{ status: 429, body: { detail: 'Their words' } },
		);
		const error = await failure([recording(), recording()], { callId: 'A' });
		expect(error).toBeInstanceOf(NodeApiError);
		expect(error.httpCode).toBe('429');
		expect(error.message).toContain('(429)');
		expect(error.description).toContain('KoeIQ says: Their words.');
		expect(error.context.itemIndex).toBe(1);
	});

	test('a redirect is not followed: neither key nor recording go anywhere else', async () => {
		await using other = await StandIn.start();
		koeIq.next.push({ status: 307, body: '', headers: { location: `${other.url}/stolen` } });
		expect((await failure([recording()])).message).toContain('address has moved (307)');
		expect(other.requests).toEqual([]);
	});

	test('a refusal that comes before the whole recording was sent is reported', async () => {
		const large = recording({ data: Buffer.alloc(30_000_000).toString('base64') });
		const headers = { connection: 'close' };
		koeIq.next.push({ status: 413, body: '<html>Too Large</html>', headers, early: true });
		expect((await failure([large])).message).toBe('The recording is too large for KoeIQ (413)');
	});
});

describe('without an answer', () => {
	test('says that the file could not be read, and not that the connection broke', async () => {
		kept = {
			size: 2,
			read: async function* () {
				yield Buffer.from('a');
				// The code of a connection that breaks off, too.
				throw Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' });
			},
		};
		const error = await failure([recording({ id: 'filesystem-v2:gone' })]);
		expect(error.message).toBe('The recording could not be read');
		expect(error.description).toContain('(read ECONNRESET)');
		expect(error.description).not.toContain('Base URL');
	});

	test('says that the connection broke off', async () => {
		koeIq.next.push('hang up');
		expect((await failure([recording()])).message).toContain('broke off');
	});
});

test('a duplicate passes on Continue, paired with its input', async () => {
	const parameters = { callId: 'A', options: { onDuplicate: 'continue' } };
	expect(await execute([recording(), recording()], parameters)).toMatchObject([
		{ json: { status: 'queued' }, pairedItem: { item: 0 } },
		{ json: { call_id: 'A', duplicate: true }, pairedItem: { item: 1 } },
	]);
	expect(koeIq.uploads).toHaveLength(1);
});

test('continues on fail with the error in words', async () => {
	koeIq.next.push(
		{ status: 200, body: { voicelog_id: 'vl_1', status: 'queued' } },
		{ status: 403, body: { detail: 'Trial limit reached' } },
	);
	const items = [recording(), recording(), recording({ data: '' })];
	expect(await execute(items, {}, { onError: 'continueRegularOutput' })).toEqual([
		{ json: expect.objectContaining({ status: 'queued' }) as unknown, pairedItem: { item: 0 } },
		{
			json: {
				error: expect.stringMatching(
					/does not allow this upload \(403\)\. .* KoeIQ says: Trial limit reached\.$/,
				) as unknown,
			},
			pairedItem: { item: 1 },
		},
		{ json: { error: 'The recording is empty (0 bytes).' }, pairedItem: { item: 2 } },
	]);
});

test.each([
	['a refusal that repeats them', { status: 400, body: { detail: `${API_KEY} is no key` } }],
	['a broken connection', 'hang up' as const],
])('an error holds neither the key nor the recording: %s', async (_, told) => {
	koeIq.next.push(told);
	const shown = inspect(await failure([recording()]), { depth: Infinity, showHidden: true });
	expect(shown).not.toContain(API_KEY);
	expect(shown).not.toContain(CONTENT);
	expect(shown).not.toContain(Buffer.from(CONTENT).toString('base64'));
});

test.each([
	[{}, 'OK', /can’t validate keys/],
	[{ apiKey: '' }, 'Error', /API key is empty/],
	[{ baseUrl: 'nowhere' }, 'Error', /not a web address/],
])('the credential test with %j is %s', async (change, status, message) => {
	const data = { ...credential, ...change };
	const result = await node.methods.credentialTest.testConnection.call(
		{} as ICredentialTestFunctions,
		{
			id: '1',
			name: 'KoeIQ',
			type: 'koeIqApi',
			data,
		},
	);
	expect(result).toEqual({ status, message: expect.stringMatching(message) as unknown });
});

function sha256(content: Uint8Array): string {
	return createHash('sha256').update(content).digest('hex');
}
