import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';

import { readNotify, readSettings, SettingError } from '../../inbox/src/settings';
import { SECRET } from './support/events';

/* A setting that cannot be is a sentence that names it. */

const TARGET = 'http://127.0.0.1:5678/webhook/1/koeiq';
const PASSWORD = 'the-password-of-somebody';
const CHAT = 'https://chat.example.com/hooks/the-secret-of-the-chat';
const API_KEY = 'the-key-of-the-api-0123456789';

function read(env: NodeJS.ProcessEnv) {
	return readSettings({ INBOX_WEBHOOK_SECRET: SECRET, ...env });
}

function refusalOf(env: NodeJS.ProcessEnv): string {
	try {
		read(env);
	} catch (error) {
		if (error instanceof SettingError) return error.message;
		throw error;
	}
	return 'accepted';
}

test('has a default for everything but the secret', () => {
	expect(read({})).toEqual({
		secrets: { current: SECRET, previous: '' },
		forwardTo: [],
		store: 'inbox.sqlite',
		host: '0.0.0.0',
		port: 8080,
		admin: undefined,
		concurrency: 4,
		retryPauses: [5_000, 30_000, 120_000, 600_000, 3_600_000, 21_600_000, 86_400_000],
		answerTimeout: 900_000,
		minFreeBytes: 64 * 1024 * 1024,
		keep: 7 * 86_400_000,
		notify: undefined,
		warnings: [],
	});
});

test('the chat and its language are read without the secret', () => {
	expect(readNotify({})).toBeUndefined();
	expect(readNotify({ INBOX_NOTIFY_URL: CHAT, INBOX_LANGUAGE: 'ja' })).toEqual({
		url: CHAT,
		language: 'ja',
	});
});

test('reads what is set, and takes what is empty as not set', () => {
	expect(
		read({
			INBOX_PREVIOUS_WEBHOOK_SECRET: 'the-secret-before-this-one',
			INBOX_FORWARD_TO: ` ${TARGET}\n${TARGET}#x https://n8n.example.com/webhook/2/koeiq `,
			INBOX_STORE: ' postgres://u:p%40@db/inbox ',
			INBOX_HOST: '',
			INBOX_PORT: ' 8081 ',
			INBOX_ADMIN_PORT: '8082',
			INBOX_ADMIN_HOST: '0.0.0.0',
			INBOX_PAGE_PASSWORD: PASSWORD,
			INBOX_API_KEY: API_KEY,
			INBOX_CONCURRENCY: '1',
			INBOX_RETRY_PAUSES: '0 1.5',
			INBOX_ANSWER_TIMEOUT: '60',
			INBOX_MIN_FREE_MB: '0',
			INBOX_KEEP_DAYS: '0.5',
			INBOX_NOTIFY_URL: ` ${CHAT}\n`,
			INBOX_LANGUAGE: 'JA',
		}),
	).toEqual({
		secrets: { current: SECRET, previous: 'the-secret-before-this-one' },
		forwardTo: [TARGET, 'https://n8n.example.com/webhook/2/koeiq'],
		store: 'postgres://u:p%40@db/inbox',
		host: '0.0.0.0',
		port: 8081,
		admin: { host: '0.0.0.0', port: 8082, password: PASSWORD, apiKey: API_KEY },
		concurrency: 1,
		retryPauses: [0, 1_500],
		answerTimeout: 60_000,
		minFreeBytes: 0,
		keep: 43_200_000,
		notify: { url: CHAT, language: 'ja' },
		warnings: [],
	});
});

const OUT_OF_PORTS = 'must be a whole number between 1 and 65535';
test.each<[string, string, string]>([
	['INBOX_WEBHOOK_SECRET', '', 'is not set'],
	['INBOX_WEBHOOK_SECRET', ' \t', 'is not set'],
	['INBOX_WEBHOOK_SECRET_FILE', '/none', 'are both set. Remove one of them.'],
	['INBOX_STORE_FILE', '/none', 'must be the path of a file that can be read (ENOENT).'],
	['INBOX_PAGE_PASSWORD_FILE', '/', 'must be the path of a file that can be read (EISDIR).'],
	['INBOX_FORWARD_TO', 'n8n', 'must be a space-separated list of http(s) URLs (got "n8n").'],
	['INBOX_FORWARD_TO', `${TARGET} ftp://x/`, 'list of http(s) URLs (got "ftp://x/").'],
	['INBOX_FORWARD_TO', 'http://u:word@x/', 'must not contain a user name or password.'],
	['INBOX_FORWARD_TO', TARGET.replace('webhook', 'webhook-test'), 'Use the Production URL.'],
	['INBOX_FORWARD_TO', 'http://n8n:6000/webhook/1/koeiq', 'no request can be sent to port 6000'],
	['INBOX_PORT', 'x', `${OUT_OF_PORTS} (got "x").`],
	['INBOX_PORT', '0', `${OUT_OF_PORTS} (got "0").`],
	['INBOX_PORT', '70000', OUT_OF_PORTS],
	['INBOX_PORT', '80.5', OUT_OF_PORTS],
	['INBOX_ADMIN_PORT', '-1', OUT_OF_PORTS],
	['INBOX_ADMIN_PORT', '8080', 'and INBOX_PORT are both 8080'],
	['INBOX_ADMIN_PORT', '10080', 'a port that browsers block'],
	['INBOX_API_KEY', 'short', 'must have at least 24 characters (got 5).'],
	['INBOX_API_KEY', `${'x'.repeat(24)} `, 'must contain only printable ASCII characters'],
	['INBOX_API_KEY', '鍵'.repeat(24), 'must contain only printable ASCII characters'],
	['INBOX_CONCURRENCY', '0', 'must be a whole number between 1 and 100 (got "0").'],
	['INBOX_RETRY_PAUSES', '5 x', 'must be a number of seconds between 0 and 31536000, or several'],
	['INBOX_RETRY_PAUSES', '5,30', 'separated by spaces (got "5,30").'],
	['INBOX_RETRY_PAUSES', '31536001', 'must be a number of seconds'],
	['INBOX_ANSWER_TIMEOUT', '0', 'must be a whole number between 1 and 86400 (got "0").'],
	['INBOX_MIN_FREE_MB', '1e3', 'must be a whole number between 0 and 1000000 (got "1e3").'],
	['INBOX_LANGUAGE', 'de', 'must be en or ja (got "de").'],
	['INBOX_NOTIFY_URL_FILE', '/none', 'must be the path of a file that can be read (ENOENT).'],
	['INBOX_KEEP_DAYS', 'week', 'must be a number of days between 0 and 36500 (got "week").'],
])('refuses %s=%j in a sentence: … %s', (name, value, words) => {
	const sentence = refusalOf({ [name]: value });
	expect(sentence).toMatch(new RegExp(`^${name.replace(/_FILE$/, '')}`));
	expect(sentence).toContain(words);
	expect(sentence).toMatch(/^[^\n]+\.$/);
});

test.each([
	`mysql://u:${PASSWORD}@db/inbox`,
	`"postgres://u:${PASSWORD}@db/inbox"`,
	`'postgres://u:${PASSWORD}@db/inbox'`,
	`"postgres://u:${PASSWORD}@db/inbox`,
	`psql postgres://u:${PASSWORD}@db/inbox`,
	`jdbc:postgresql://db/inbox?password=${PASSWORD}`,
	`postgres:u:${PASSWORD}@db/inbox`,
	`u:${PASSWORD}@db/inbox`,
	`host=db password=${PASSWORD}`,
	`postgres://u:${PASSWORD}#%zz@db:port/inbox`,
	`postgres://u:p\n${PASSWORD}:x@db:y/inbox`,
	':memory:',
	'file:inbox.sqlite',
	'inbox\0.sqlite',
])('refuses %j as a store, and shows nothing of it', (INBOX_STORE) => {
	const sentence = refusalOf({ INBOX_STORE });
	expect(sentence).toMatch(
		/^INBOX_STORE (must be the path of a file|must be a valid postgres:\/\/ URL)/,
	);
	expect(sentence).not.toMatch(/word-of|memory|file:|\n/);
});

test.each(['inbox.sqlite', '/data/my inbox@home.sqlite', 'C:\\inbox.sqlite', 'postgresql://db/x'])(
	'accepts %j as a store',
	(INBOX_STORE) => {
		expect(read({ INBOX_STORE }).store).toBe(INBOX_STORE);
	},
);

test.each([
	`htp://u:${PASSWORD}@n8n/`,
	`u:${PASSWORD}@n8n`,
	`http://u:${PASSWORD}@n8n/`,
	`http://n8n:6000/?key=${PASSWORD}`,
	`postgres://u:${PASSWORD}@db/`,
])('shows no password of a target: %j', (INBOX_FORWARD_TO) => {
	expect(refusalOf({ INBOX_FORWARD_TO })).toMatch(/^INBOX_FORWARD_TO (?!.*word-of)/);
	expect(refusalOf({ INBOX_PORT: INBOX_FORWARD_TO })).toMatch(/^INBOX_PORT (?!.*word-of)/);
});

const addresses = Object.values(networkInterfaces()).flatMap((all) => all ?? []);
const [outer] = addresses.filter(({ internal, family }) => !internal && family === 'IPv4');

test.each([
	`"${CHAT}"`,
	CHAT.replace('https', 'slack'),
	CHAT.replace('//', '//me:word@'),
	'the-secret-of-the-chat',
])('shows nothing of an INBOX_NOTIFY_URL that cannot be: %s', (url) => {
	const sentence = refusalOf({ INBOX_NOTIFY_URL: url });
	expect(sentence).toMatch(
		/^INBOX_NOTIFY_URL must be the URL of a chat's incoming webhook\. .*\.$/,
	);
	expect(sentence).not.toMatch(/chat\.example|the-secret-of|word@/);
});

describe('a target with the port of the inbox', () => {
	test.each<[string, NodeJS.ProcessEnv?]>([
		['http://localhost:8080/koeiq'],
		['http://inbox.localhost:8080/koeiq'],
		['http://127.0.0.1:8080/'],
		['http://127.1:8080/'],
		['http://127.0.0.2:8080/'],
		['http://0.0.0.0:8080/'],
		['http://[::1]:8080/'],
		['http://[::]:8080/'],
		['http://[::ffff:127.0.0.1]:8080/'],
		['https://localhost:8080/'],
		[`http://${hostname()}:8080/`],
		[`http://${outer?.address ?? '127.0.0.1'}:8080/`],
		['http://localhost/', { INBOX_PORT: '80' }],
		['http://127.0.0.1:8080/', { INBOX_HOST: '127.0.0.1' }],
		['http://localhost:8080/', { INBOX_HOST: '127.0.0.1' }],
		['http://localhost:8080/', { INBOX_HOST: 'localhost' }],
		['http://10.9.8.7:8080/', { INBOX_HOST: '10.9.8.7' }],
		['http://localhost:8081/', { INBOX_ADMIN_PORT: '8081' }],
	])('is the inbox itself, and refused: %s %j', (INBOX_FORWARD_TO, env = {}) => {
		expect(refusalOf({ INBOX_FORWARD_TO, ...env })).toMatch(
			/^INBOX_FORWARD_TO contains "[^"]+", which is the inbox itself/,
		);
	});

	test.each<[string, NodeJS.ProcessEnv?]>([
		['http://n8n:8080/'],
		['http://192.0.2.1:8080/'],
		['http://localhost:8080/', { INBOX_HOST: '10.9.8.7' }],
		['http://10.9.8.7:8080/', { INBOX_HOST: '127.0.0.1' }],
	])('is accepted on another machine or address: %s %j', (INBOX_FORWARD_TO, env = {}) => {
		expect(read({ INBOX_FORWARD_TO, ...env }).forwardTo).toEqual([INBOX_FORWARD_TO]);
	});
});

test('refuses the 82 ports that fetch refuses', async () => {
	const refused: number[] = [];
	for (let port = 1; port <= 65_535; port++) {
		const sentence = refusalOf({ INBOX_FORWARD_TO: `http://n8n:${port}/` });
		if (sentence !== 'accepted' && port !== 8080) refused.push(port);
	}
	expect(refused).toHaveLength(82);
	for (const port of refused) {
		const failure: unknown = await fetch(`http://127.0.0.1:${port}/`).catch((e: unknown) => e);
		expect(failure).toMatchObject({ cause: { message: 'bad port' } });
	}
});

const PAGE_AND_API_OFF = 'but neither INBOX_PAGE_PASSWORD nor INBOX_API_KEY is.';
const WEAK = { INBOX_ADMIN_PORT: '8081', INBOX_PAGE_PASSWORD: 'guess' };

test.each<[NodeJS.ProcessEnv, string]>([
	[{ INBOX_WEBHOOK_SECRET: 'short' }, 'The webhook secret has only 5 characters'],
	[{ INBOX_PREVIOUS_WEBHOOK_SECRET: 'old' }, 'The previous webhook secret has only 3 characters'],
	[{ INBOX_ADMIN_PORT: '8081' }, `INBOX_ADMIN_PORT is set, ${PAGE_AND_API_OFF}`],
	[
		{ INBOX_API_KEY: API_KEY },
		'The API is off: INBOX_API_KEY is set, but INBOX_ADMIN_PORT is not.',
	],
	[{ INBOX_PAGE_PASSWORD: PASSWORD }, 'The page is off: INBOX_PAGE_PASSWORD is set, but'],
	[WEAK, 'INBOX_PAGE_PASSWORD has fewer than 12 characters'],
	[{ INBOX_PAGE_PORT: '8081' }, 'INBOX_PAGE_PORT is not a setting of the inbox'],
	[{ INBOX_FOWARD_TO: TARGET }, 'has no effect. Did you mean INBOX_FORWARD_TO?'],
	[{ INBOX_API_KEY_FIEL: '/x' }, 'has no effect. Did you mean INBOX_API_KEY_FILE?'],
	[{ INBOX_PORT_FILE: '/x' }, 'INBOX_PORT_FILE is not a setting of the inbox'],
])('accepts, and says what is unwise: %j', (env, words) => {
	const { warnings } = read(env);
	expect(warnings).toHaveLength(1);
	expect(warnings[0]).toContain(words);
});

describe('files', () => {
	const folder = mkdtempSync(join(tmpdir(), 'koeiq-inbox-settings-'));

	afterAll(() => {
		rmSync(folder, { recursive: true, force: true });
	});

	const fileWith = (name: string, text: string) => {
		const path = join(folder, name);
		writeFileSync(path, text);
		return path;
	};

	test('each secret can come from one, less the line break at its end', () => {
		const settings = readSettings({
			INBOX_WEBHOOK_SECRET_FILE: fileWith('current', `${SECRET}\n`),
			INBOX_PREVIOUS_WEBHOOK_SECRET_FILE: fileWith('previous', 'the-secret-before-this-one\r\n'),
			INBOX_PAGE_PASSWORD_FILE: fileWith('password', PASSWORD),
			INBOX_STORE_FILE: fileWith('store', 'postgres://u:p@db/inbox\n'),
			INBOX_NOTIFY_URL_FILE: fileWith('chat', `${CHAT}\n`),
			INBOX_API_KEY_FILE: fileWith('key', `${API_KEY}\n`),
			INBOX_ADMIN_PORT: '8081',
		});
		expect(settings).toMatchObject({
			secrets: { current: SECRET, previous: 'the-secret-before-this-one' },
			admin: { password: PASSWORD, apiKey: API_KEY },
			store: 'postgres://u:p@db/inbox',
			notify: { url: CHAT },
			warnings: [],
		});
	});

	test('a secret that was given in place of a file is not shown', () => {
		for (const name of ['INBOX_STORE_FILE', 'INBOX_PAGE_PASSWORD_FILE']) {
			expect(refusalOf({ [name]: PASSWORD })).not.toContain(PASSWORD);
		}
	});
});
