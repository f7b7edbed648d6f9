import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { INBOX_PROGRAM, startInbox } from '../../harness/inbox';
import { installNode } from '../../harness/install';
import { deliver } from '../../harness/koeiq/sender';
import { event, SECRET } from './support/events';

/* A setting that cannot be ends the program with a sentence that names it. */

let node: string;
let folder: string;

beforeAll(async () => {
	({ node } = await installNode(() => {}));
	folder = mkdtempSync(join(tmpdir(), 'koeiq-inbox-settings-'));
});

afterAll(() => {
	rmSync(folder, { recursive: true, force: true });
});

/** Runs the program to its end. */
async function run(
	env: NodeJS.ProcessEnv,
	program = node,
): Promise<{ code: number | null; said: string }> {
	const child = spawn(program, [INBOX_PROGRAM], { env: { PATH: process.env.PATH, ...env } });
	let said = '';
	child.stderr.setEncoding('utf8').on('data', (chunk: string) => (said += chunk));
	const code = await new Promise<number | null>((resolve) => child.once('exit', resolve));
	return { code, said };
}

const TARGET = 'http://127.0.0.1:5678/webhook/1/koeiq';

test.each<[NodeJS.ProcessEnv, RegExp]>([
	[{ INBOX_WEBHOOK_SECRET: '' }, /^INBOX_WEBHOOK_SECRET is not set/],
	[{ INBOX_WEBHOOK_SECRET: ' \t' }, /^INBOX_WEBHOOK_SECRET is not set/],
	[{ INBOX_WEBHOOK_SECRET_FILE: '/none' }, /^INBOX_WEBHOOK_SECRET and .*_FILE are both set/],
	[
		{ INBOX_PREVIOUS_WEBHOOK_SECRET_FILE: '/none' },
		/^INBOX_PREVIOUS_WEBHOOK_SECRET_FILE is \/none/,
	],
	[{ INBOX_FORWARD_TO: 'n8n' }, /^INBOX_FORWARD_TO .*"n8n" is not one/],
	[{ INBOX_FORWARD_TO: `${TARGET} ftp://x/` }, /^INBOX_FORWARD_TO .*"ftp:\/\/x\/" is not one/],
	[{ INBOX_FORWARD_TO: 'http://user:word@x/' }, /^INBOX_FORWARD_TO has a URL with a user name/],
	[{ INBOX_FORWARD_TO: TARGET.replace('webhook', 'webhook-test') }, /^INBOX_FORWARD_TO .*Test URL/],
	[{ INBOX_STORE: '/none/at/all.sqlite' }, /^INBOX_STORE is \/none\/at\/all\.sqlite/],
	[
		{ INBOX_STORE: 'postgres://u:word@127.0.0.1:1/x' },
		/^INBOX_STORE is PostgreSQL at 127\.0\.0\.1:1/,
	],
	[{ INBOX_PORT: '70000' }, /^INBOX_PORT has to be a whole number from 1 to 65535/],
	[{ INBOX_HOST: '203.0.113.1' }, /^INBOX_HOST is 203\.0\.113\.1/],
	[{ INBOX_CONCURRENCY: '0' }, /^INBOX_CONCURRENCY has to be a whole number/],
	[{ INBOX_RETRY_PAUSES: '5 x' }, /^INBOX_RETRY_PAUSES has to be seconds/],
	[{ INBOX_KEEP_DAYS: 'week' }, /^INBOX_KEEP_DAYS has to be a number of days/],
])('ends with exit 1 and a sentence: %j', async (env, sentence) => {
	const INBOX_STORE = join(folder, 'settings.sqlite');
	const { code, said } = await run({ INBOX_STORE, INBOX_WEBHOOK_SECRET: SECRET, ...env });
	expect([code, said]).toEqual([1, expect.stringMatching(sentence)]);
	expect(said).not.toMatch(/\n.|word@|secret-of/);
});

test.each<[NodeJS.ProcessEnv, RegExp]>([
	[{ INBOX_WEBHOOK_SECRET: 'short' }, /The webhook secret has only 5 characters/],
	[{ INBOX_WEBHOOK_SECRET: `${SECRET} ` }, /The webhook secret begins or ends with white space/],
	[{ INBOX_PREVIOUS_WEBHOOK_SECRET: 'old' }, /The previous webhook secret has only 3 characters/],
	[{ INBOX_PAGE_PORT: '8081' }, /The page is off: INBOX_PAGE_PORT is set, and INBOX_PAGE_PASSWORD/],
	[{ INBOX_PAGE_PASSWORD: 'long enough for it' }, /The page is off: INBOX_PAGE_PASSWORD is set/],
])('starts, and says what is unwise: %j', async (env, warning) => {
	const inbox = await startInbox({ env: { INBOX_WEBHOOK_SECRET: SECRET, ...env } });
	expect(await inbox.log()).toMatch(warning);
	await inbox.stop();
});

test('ends with exit 1 if its port is in use', async () => {
	const server = createServer().listen(0, '127.0.0.1');
	await new Promise((resolve) => server.once('listening', resolve));
	const { port } = server.address() as { port: number };
	const { code, said } = await run({
		...{ INBOX_WEBHOOK_SECRET: SECRET, INBOX_STORE: join(folder, 'port.sqlite') },
		...{ INBOX_HOST: '127.0.0.1', INBOX_PORT: String(port) },
	});
	server.close();
	expect([code, said]).toEqual([1, expect.stringMatching(/^INBOX_PORT is \d+, and another/)]);
});

test('says on an older Node which one it needs', async () => {
	if (Number(process.versions.node.split('.')[0]) >= 24) return;
	const { code, said } = await run({ INBOX_WEBHOOK_SECRET: SECRET }, process.execPath);
	expect([code, said]).toEqual([1, expect.stringMatching(/^The inbox needs Node 24/)]);
});

test('reads both secrets from files, and keeps its own files from others', async () => {
	const files = ['current', 'previous'].map((name) => join(folder, name));
	const secrets = [SECRET, 'the-previous-secret-in-a-file'];
	files.forEach((file, index) => {
		writeFileSync(file, `${secrets[index] ?? ''}\n`);
	});
	const inbox = await startInbox({
		env: { INBOX_WEBHOOK_SECRET_FILE: files[0], INBOX_PREVIOUS_WEBHOOK_SECRET_FILE: files[1] },
	});
	for (const secret of secrets) {
		expect((await deliver(inbox.url, secret, event().payload)).status).toBe(200);
	}
	for (const end of ['', '-wal', '-shm']) {
		expect(statSync(join(inbox.folder, `inbox.sqlite${end}`)).mode & 0o777).toBe(0o600);
	}
	await inbox.stop();
});

test('refuses a file that another inbox has', async () => {
	const inbox = await startInbox({ env: { INBOX_WEBHOOK_SECRET: SECRET } });
	const { code, said } = await run({
		INBOX_WEBHOOK_SECRET: SECRET,
		INBOX_STORE: join(inbox.folder, 'inbox.sqlite'),
	});
	await inbox.stop();
	expect([code, said]).toEqual([1, expect.stringMatching(/^INBOX_STORE is .*another inbox/)]);
});
