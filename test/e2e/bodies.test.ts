import { deflateSync, gzipSync } from 'node:zlib';

import { sign } from '../../harness/koeiq/sender';
import { N8N_CAN } from '../support/version';
import { ANALYTICS, outputs, SECRET, TriggerUnderTest } from './support/trigger';

/* Every form in which the same event may arrive. */

const EVENT = JSON.parse(ANALYTICS) as { data: Record<string, unknown> };
const JAPANESE = {
	...EVENT,
	data: { ...EVENT.data, summary: '請求書の金額が違うとのお問い合わせ。再発行で解決 😊👍🏽 \u2028' },
};
const indented = JSON.stringify(JAPANESE, null, 2);
const escaped = JSON.stringify(JAPANESE).replace(
	/[^ -~]/g,
	(unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
);

const BODIES: Array<[string, string]> = [
	['compact', ANALYTICS],
	['indented', indented],
	['with CRLF', indented.replaceAll('\n', '\r\n')],
	['with \\u escapes', escaped],
	['in raw Japanese, with emoji', JSON.stringify(JAPANESE)],
	['with white space about it', `\n\t ${ANALYTICS} \r\n`],
	['with spaces after the colons, as Python writes', ANALYTICS.replace(/([:,])"/g, '$1 "')],
	['of 5 MB', JSON.stringify({ ...JAPANESE, transcript: '声'.repeat(5_000_000 / 3) })],
];

let trigger: TriggerUnderTest;

beforeAll(async () => {
	trigger = await TriggerUnderTest.start();
});

async function expectItem(
	payload: string,
	bytes: string | Uint8Array,
	options = {},
): Promise<void> {
	const { status, body, executions } = await trigger.receive(bytes, options);
	expect({ status, body }).toEqual({ status: 200, body: '' });
	expect(executions).toHaveLength(1);
	const [[item] = []] = outputs(executions[0]);
	const { delivery, ...envelope } = item as { delivery: unknown };
	expect(envelope).toEqual(JSON.parse(payload.replace(/^\ufeff/, '')));
	expect(delivery).toMatchObject({ signed_with: 'current', issues: [] });
}

test.each(BODIES)('takes a body %s', async (_, payload) => {
	await expectItem(payload, payload);
});

test.each(['application/json', 'text/plain', 'application/octet-stream'])(
	'takes a body with a BOM as %s',
	async (type) => {
		const payload = `\ufeff${ANALYTICS}`;
		const options = { headers: { 'content-type': type } };
		if (type === 'application/json' && !N8N_CAN.readJsonWithBom) {
			expect((await trigger.receive(payload, options)).status).toBe(422);
		} else {
			await expectItem(payload, payload, options);
		}
	},
);

describe('takes it whatever the content type', () => {
	test.each([
		'application/json',
		'application/json; charset=utf-8',
		'Application/JSON',
		'application/vnd.koeiq+json',
		'text/plain',
		'text/plain; charset=utf-8',
		'application/x-www-form-urlencoded',
		'application/octet-stream',
		'multipart/mixed; boundary=x',
		'nonsense',
	])('%s', async (type) => {
		const payload = JSON.stringify(JAPANESE);
		await expectItem(payload, payload, { headers: { 'content-type': type } });
	});

	test.each(['application/xml', 'text/plain; charset=shift_jis'])(
		'but %s, which n8n itself reads and refuses before the trigger is asked',
		async (type) => {
			const result = await trigger.receive(ANALYTICS, { headers: { 'content-type': type } });
			expect(result).toMatchObject({ status: 422, executions: [] });
		},
	);
});

describe('takes it compressed, signed before it was', () => {
	const payload = JSON.stringify(JAPANESE);
	const signature = sign(SECRET, payload);
	test.each([
		['gzip', gzipSync(payload), 'application/json'],
		['gzip', gzipSync(payload), 'application/octet-stream'],
		['deflate', deflateSync(payload), 'application/json'],
	])('by %s', async (encoding, bytes, type) => {
		const headers = { 'content-type': type, 'content-encoding': encoding };
		await expectItem(payload, bytes, { signature, headers });
	});

	test('and refuses what only says that it is', async () => {
		const headers = { 'content-type': 'application/octet-stream', 'content-encoding': 'gzip' };
		const result = await trigger.receive(payload, { signature, headers });
		expect(result).toMatchObject({
			status: 400,
			body: '{"error":"Body could not be read"}',
			executions: [],
		});
	});
});
