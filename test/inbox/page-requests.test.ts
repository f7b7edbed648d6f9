import { log } from '../../inbox/src/log';
import { createPage } from '../../inbox/src/page/page';
import type { Scan, Search, Store } from '../../inbox/src/store/store';

/* What a request of the page is read into: the page answers whatever comes, and the log tells nothing of it. */

const PASSWORD = 'the-password-of-the-page-tests';
const ID = '0'.repeat(64);

const searches: Array<Search | Scan> = [];
const found: string[] = [];
let failure: Error | undefined;

/** Holds nothing; the parts of a store that are looked into here. */
const EMPTY: Partial<Store> = {
	search: async (search) => {
		searches.push(search);
		if (failure) throw failure;
		return [];
	},
	scan: async (scan) => {
		searches.push(scan);
		if (failure) throw failure;
		return { events: [], next: null };
	},
	find: async (id) => {
		found.push(id);
		return undefined;
	},
	overview: async () => [],
};

const PAGE = {
	store: EMPTY as Store,
	status: () => undefined,
	onTargetsChanged: async () => {},
	keep: 0,
};

let page: ReturnType<typeof createPage>;
let headers: { cookie: string };
let logged: jest.SpyInstance;

beforeEach(async () => {
	searches.length = found.length = 0;
	failure = undefined;
	jest.spyOn(log, 'info').mockReturnValue();
	logged = jest.spyOn(log, 'warn').mockReturnValue();
	page = createPage({ ...PAGE, password: PASSWORD });
	const { headers: answered } = await page.inject({
		method: 'POST',
		url: '/sign-in',
		headers: FORM,
		payload: `password=${PASSWORD}`,
	});
	headers = { cookie: String(answered['set-cookie']) };
});

afterEach(async () => {
	jest.restoreAllMocks();
	await page.close();
});

const FORM = { 'content-type': 'application/x-www-form-urlencoded' };

test.each<[string, { payload?: string; headers?: Record<string, string> }]>([
	['no body', {}],
	['an empty form', { headers: FORM, payload: '' }],
	['a form without the field', { headers: FORM, payload: 'x=1' }],
	['two passwords', { headers: FORM, payload: `password=${PASSWORD}&password=x` }],
])('a sign-in with %s is refused as a wrong password', async (_name, request) => {
	const page = createPage({ ...PAGE, password: 'another-password' });
	const { statusCode, payload } = await page.inject({
		method: 'POST',
		url: '/sign-in',
		...request,
	});
	expect(statusCode).toBe(401);
	expect(payload).toContain('type="password"');
});

test.each(['/sign-out', '/targets/move', `/events/${ID}/send`])(
	'a POST to %s without a body is refused like one without the token',
	async (url) => {
		expect((await page.inject({ method: 'POST', url, headers })).statusCode).toBe(403);
	},
);

test.each([
	['text=a&text=b', { contains: 'b' }],
	['text[]=a&state=failed&state=x', {}],
	['text=a%00b%00', { contains: 'ab' }],
	['text=%ff%', { contains: '\ufffd%' }],
	[`text=${'長'.repeat(5_000)}`, { contains: '長'.repeat(200) }],
	['target=one&target=two', { target: 'two' }],
	['target=%27%3Bdrop&state=retrying', { target: "';drop", state: 'retrying' }],
	['from=2026-01-01T09:00', { from: Date.UTC(2026, 0, 1, 9) }],
	['from=2026-01-01T09:00:30.000Z', { from: Date.UTC(2026, 0, 1, 9) }],
	['until=2026-01-01T09:00%2B09:00', { until: Date.UTC(2026, 0, 1, 0, 1) }],
	['from=2026-13-01T09:00&until=yesterday', {}],
	['from=12026-01-01T09:00&until=', {}],
	['before=1&before=7', { before: 7 }],
	['before=1e3&__proto__=x&constructor=y', {}],
])('a search for ?%s is answered', async (query, expected) => {
	for (const path of ['/', '/live/events']) {
		const { statusCode } = await page.inject({ url: `${path}?${query}`, headers });
		expect([path, statusCode]).toEqual([path, 200]);
	}
	expect(searches).toEqual(Array(2).fill({ limit: 51, ...expected }));
});

test.each(['%00', 'x', ID.slice(1), `${ID}0`, `${ID}%0a`])(
	'an event %s is not found, and not looked for',
	async (id) => {
		for (const url of [`/events/${id}`, `/live/events/${id}`, `/events/${id}/body`]) {
			expect((await page.inject({ url, headers })).statusCode).toBe(404);
		}
		expect(found).toEqual([]);
	},
);

test('what is not a URL is answered without repeating it', async () => {
	const { statusCode, payload, headers } = await page.inject({ url: '/%zz?<b>' });
	expect([statusCode, payload]).toEqual([400, 'Bad request']);
	expect(headers['content-security-policy']).toContain("default-src 'none'");
});

test('a failure is answered without its words, and logged without the URL', async () => {
	failure = new Error('the database is away');
	const { statusCode, payload } = await page.inject({ url: '/?text=CALL-7', headers });
	expect(statusCode).toBe(500);
	expect(payload).not.toContain('database');
	expect(logged.mock.calls).toEqual([
		[
			{ method: 'GET', route: '/', error: 'Error: the database is away' },
			'The page could not answer a request',
		],
	]);
	await page.inject({ url: '/?text=CALL-8', headers });
	expect(logged).toHaveBeenCalledTimes(1);
});
