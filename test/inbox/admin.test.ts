import { freePort } from '../../harness/ports';
import { createAdmin, type Admin } from '../../inbox/src/admin';
import { createApi } from '../../inbox/src/api/api';
import { Listeners } from '../../inbox/src/delivery/listeners';
import { createTargetClient } from '../../inbox/src/delivery/target-client';
import { createPage } from '../../inbox/src/page/page';
import { targetUrl } from '../../inbox/src/settings/targets';
import { closeStores, newPlace, openAt } from './support/open-store';

/* The admin port: the operator's page, the API, or both. */

const KEY = 'a-key-of-the-admin-tests-0123456789';

let admin: Admin | undefined;

afterEach(async () => {
	await admin?.close();
	await closeStores();
});

interface Init {
	method?: string;
	headers?: Record<string, string>;
	body?: string | URLSearchParams;
}

async function start(parts: { page: boolean; api: boolean }) {
	const { store } = await openAt(await newPlace('SQLite'), []);
	const onTargetsChanged = async () => {};
	const page = createPage({
		...{ store, onTargetsChanged, password: 'a-password', keep: 0, status: () => undefined },
	});
	const api = createApi({
		...{ store, onTargetsChanged, apiKey: KEY, secrets: { current: 'secret' } },
		listeners: new Listeners({ store, createClient: createTargetClient }),
		...{ readUrl: (options) => targetUrl([], options), onSent: () => {} },
		findDeadEnd: async () => undefined,
	});
	const port = await freePort();
	admin = createAdmin({
		entrance: 'port 8080 (INBOX_PORT)',
		...(parts.page && { page }),
		...(parts.api && { api }),
	});
	await admin.listen({ host: '127.0.0.1', port });
	return async (path: string, init: Init = {}) => {
		const response = await fetch(`http://127.0.0.1:${port}${path}`, {
			redirect: 'manual',
			...init,
			headers: { authorization: `Bearer ${KEY}`, ...init.headers },
		});
		return `${response.status} ${response.headers.get('location') ?? (await response.text())}`;
	};
}

test('both are there, each at its paths', async () => {
	const get = await start({ page: true, api: true });
	expect(await get('/')).toBe('303 /sign-in');
	expect(await get('/apiary')).toBe('303 /sign-in');
	expect(await get('/api/v1')).toMatch(/^200 .*koeiq-inbox/);
	expect(await get('/api?x')).toBe('404 {"error":"There is nothing at this path"}');
});

test('without a key there is the page, and the API says why it is off', async () => {
	const get = await start({ page: true, api: false });
	expect(await get('/')).toBe('303 /sign-in');
	expect(await get('/api/v1')).toBe('404 {"error":"The API is off: INBOX_API_KEY is not set"}');
});

test('without a password there is the API, and the page says why it is off', async () => {
	const get = await start({ page: false, api: true });
	expect(await get('/')).toBe('404 {"error":"The page is off: INBOX_PAGE_PASSWORD is not set"}');
	expect(await get('/api/v1')).toMatch(/^200 /);
});

test.each([true, false])(
	'a webhook is told which port takes it, and not led to the sign-in (page on: %s)',
	async (page) => {
		const ask = await start({ page, api: true });
		const headers = { 'content-type': 'application/json' };
		const webhook = { method: 'POST', headers, body: '{"event":"test.ping"}' };
		for (const path of ['/koeiq', '/', '/sign-in']) {
			expect(await ask(path, webhook)).toBe(
				'404 {"error":"This is the port of the inbox\'s page and API. The URL in KoeIQ has to lead to port 8080 (INBOX_PORT)"}',
			);
		}
		const form = { method: 'POST', body: new URLSearchParams({ password: 'a guess' }) };
		expect(await ask('/sign-in', form)).toMatch(page ? /^401 / : /^404 .*INBOX_PAGE_PASSWORD/);
		expect(await ask('/api/v1/sends', webhook)).toMatch(/^409 .*no current target/);
	},
);
