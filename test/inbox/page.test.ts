import type { WorkerStatus } from '../../inbox/src/delivery/worker';
import { createPage } from '../../inbox/src/page/page';
import type { NewEvent, Outcome, Store, Target as StoredTarget } from '../../inbox/src/store/store';
import { closeStores, newEvent, newEvents, newPlace, openAt } from './support/open-store';
import { startTrigger } from './support/trigger';
import { postForm, Visitor } from './support/visitor';

/* The operator's page as a client sees it that is no browser: who may in, and what an action does. */

const PASSWORD = 'the-password-of-the-page-tests';
const ID = '0'.repeat(64);
const FIRST: StoredTarget = { key: 'first', url: 'http://n8n.test/webhook/first/koeiq', name: '' };
const SECOND: StoredTarget = {
	key: 'second',
	url: 'http://n8n.test/webhook/second/koeiq',
	name: '',
};

const statuses = new Map<string, WorkerStatus>();

let at: string;
let store: Store;
let page: ReturnType<typeof createPage>;

beforeEach(async () => {
	at = await newPlace('SQLite');
	await open([FIRST, SECOND]);
});

afterEach(async () => {
	await page.close();
	await closeStores();
});

async function open(targets: readonly StoredTarget[]): Promise<void> {
	({ store } = await openAt(at, targets));
	page = createPage({
		...{ password: PASSWORD, store, status: (key) => statuses.get(key) },
		onTargetsChanged: async () => {},
	});
}

/** As a restart with other settings. */
async function reopen(targets: readonly StoredTarget[]): Promise<void> {
	await page.close();
	await store.close();
	await open(targets);
}

const signIn = async () => await Visitor.signIn(page, PASSWORD);

async function add(events: readonly NewEvent[]): Promise<NewEvent[]> {
	for (const event of events) await store.add(event);
	return [...events];
}

/** Has everything that waits for a target end so. */
async function settle(target: StoredTarget, outcome: Outcome, answer: string): Promise<void> {
	for (const job of await store.take(target.key, { places: 100, retries: 100 })) {
		await store.settle(job, outcome, { at: Date.now(), answer, milliseconds: 1 });
	}
}

async function statesOf(id: string): Promise<string[]> {
	const event = await store.find(id);
	return event?.deliveries.map(({ target, state }) => `${target.key}: ${state}`) ?? [];
}

describe('who may see the page', () => {
	test.each([
		'/',
		'/?state=failed',
		'/live/targets',
		'/live/events',
		`/events/${ID}`,
		`/live/events/${ID}`,
		`/events/${ID}/body`,
		'/nothing/here',
	])('without signing in, %s leads to the sign-in', async (url) => {
		const { statusCode, headers } = await page.inject({ url });
		expect([statusCode, headers.location]).toEqual([303, '/sign-in']);
	});

	test.each([
		'/targets/send-failed',
		'/targets/move',
		'/targets/discard',
		'/targets/forget',
		`/events/${ID}/send`,
		`/events/${ID}/send-to`,
		`/events/${ID}/discard`,
		'/sign-out',
	])('a POST to %s needs the session and its token', async (path) => {
		const { headers } = await postForm(page, path, { token: 'guessed' });
		expect(headers.location).toBe('/sign-in');
		const visitor = await signIn();
		for (const token of ['', 'guessed', 'x'.repeat(24)]) {
			const { status, text } = await visitor.submit(path, {}, token);
			expect(status).toBe(403);
			expect(text).toContain('nothing was changed');
		}
	});

	test('a form of another kind than the page sends is refused', async () => {
		const payload = { password: PASSWORD };
		const { statusCode } = await page.inject({ method: 'POST', url: '/sign-in', payload });
		expect(statusCode).toBe(415);
	});

	test.each(['/sign-in', '/', '/page.css', '/live.js', '/icon.svg', '/nothing'])(
		'%s is framed by nobody, kept nowhere, and runs nothing from elsewhere',
		async (url) => {
			expect((await page.inject({ url })).headers).toMatchObject({
				'content-security-policy':
					"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
				'x-content-type-options': 'nosniff',
				'referrer-policy': 'no-referrer',
				'cache-control': 'no-store',
			});
		},
	);

	test('the cookie is for this page alone', async () => {
		const { headers } = await postForm(page, '/sign-in', { password: PASSWORD });
		expect(headers['set-cookie']).toMatch(
			/^koeiq_inbox_session=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict$/,
		);
		const behindTls = { 'x-forwarded-proto': 'https' };
		const secure = await postForm(page, '/sign-in', { password: PASSWORD }, behindTls);
		expect(secure.headers['set-cookie']).toMatch(/; Secure$/);
	});

	test('signing out ends the session', async () => {
		const visitor = await signIn();
		expect((await visitor.read('/')).text).toContain('No event has arrived yet.');
		await visitor.submit('/sign-out');
		expect((await visitor.read('/')).text).not.toContain('No event');
	});

	test('a wrong password makes the right one wait', async () => {
		const attempt = async (password: string) =>
			(await postForm(page, '/sign-in', { password })).statusCode;
		expect(await attempt('wrong')).toBe(401);
		expect(await attempt(PASSWORD)).toBe(429);
	});
});

describe('what the page shows', () => {
	test('an event is found by its call, voicelog, delivery ID and name, and no other', async () => {
		const [one, other] = [newEvent(), newEvent({ event: 'analytics.completed' })];
		await add([one, other]);
		const visitor = await signIn();
		for (const text of [one.callId, one.voicelogId, one.id, one.event]) {
			const found = (await visitor.read(`/?text=${text}`)).text;
			expect(found).toContain(`/events/${one.id}`);
			expect(found).not.toContain(`/events/${other.id}`);
		}
		expect((await visitor.read('/?text=nothing')).text).toContain('No event matches');
	});

	test('50 events at a time, and each of them once', async () => {
		const events = await add(newEvents(120));
		const visitor = await signIn();
		const seen: string[] = [];
		let path: string | undefined = '/?text=alert.triggered';
		while (path !== undefined) {
			const { text } = await visitor.read(path);
			const ids = Array.from(text.matchAll(/href="\/events\/(\w{64})"/g), ([, id]) => id ?? '');
			expect(ids.length).toBeLessThanOrEqual(50);
			seen.push(...ids);
			path = /href="([^"]+)" rel="next"/.exec(text)?.[1]?.replaceAll('&#38;', '&');
		}
		expect(seen).toEqual(events.map(({ id }) => id).reverse());
	});

	test('each target by its name, with its URL, and how it is', async () => {
		const since = Date.UTC(2026, 0, 1);
		const registered = { key: 'own', url: 'http://n8n.test/webhook/own/koeiq', name: 'Alarm <1>' };
		await store.register(registered);
		const visitor = await signIn();
		const shown = async () => (await visitor.read('/live/targets')).text;
		expect(await shown()).toContain('Alarm &#60;1&#62;');
		expect(await shown()).toContain(`<code class="url">${registered.url}</code>`);
		const states: Array<[WorkerStatus, string]> = [
			[{ state: 'accepting', since }, 'Accepts events since'],
			[{ state: 'unavailable', since, answer: 'ECONNREFUSED' }, ': ECONNREFUSED'],
			[{ state: 'unavailable', since, answer: null }, ': it does not say that it is ready'],
			[{ state: 'rejecting', since, answer: '404 {}' }, 'Rejects every event since'],
			[{ state: 'rejecting', since, answer: '401 {}' }, 'secret in n8n’s credential differs'],
		];
		for (const [status, words] of states) {
			statuses.set('own', status);
			expect(await shown()).toContain(words);
			expect(await shown()).toContain('2026-01-01 00:00:00 UTC');
		}
		statuses.clear();
		await store.pause('own');
		await add(newEvents(3));
		expect(await shown()).toMatch(/Paused since .*New events are kept for it.*>3</s);
	});

	test('the body as it came', async () => {
		const [event] = await add(newEvents(1));
		const { text } = await (await signIn()).read(`/events/${event?.id}/body`);
		expect(text).toBe(event?.body.toString());
	});
});

describe('what the page does', () => {
	test('sends an event to its targets again, or to one of them', async () => {
		const [{ id } = { id: '' }] = await add(newEvents(1));
		const delivered: Outcome = { state: 'delivered', isIgnored: false };
		for (const target of [FIRST, SECOND]) await settle(target, delivered, '200');
		const visitor = await signIn();
		await visitor.submit(`/events/${id}/send`, { target: SECOND.key });
		expect(await statesOf(id)).toEqual(['first: delivered', 'second: waiting']);
		const { text } = await visitor.submit(`/events/${id}/send`, { target: '' });
		expect(text).toContain('Sending to 2 targets.');
		expect(await statesOf(id)).toEqual(['first: waiting', 'second: waiting']);
	});

	test('sends an event to a URL once, as it came, and shows what came back', async () => {
		const [event] = await add([newEvent({ signature: 'sha256=1234' })]);
		await using elsewhere = await startTrigger();
		elsewhere.answer = () => ({ status: 500, body: '{"message":"<b>Not yet</b>"}' });
		const path = `/events/${event?.id}/send-to`;
		const { text } = await (await signIn()).submit(path, { url: elsewhere.url });
		expect(text).toContain('The URL answered 500');
		expect(text).toContain('&#60;b&#62;Not yet&#60;/b&#62;');
		const [request] = elsewhere.server.requests;
		expect(request?.body).toEqual(event?.body);
		expect(request?.headers['x-koeiq-signature']).toEqual(['sha256=1234']);
	});

	test.each([
		['', 'Enter a complete URL'],
		['n8n.example.com/webhook', 'Enter a complete URL'],
		['file:///etc/passwd', 'Enter a complete URL'],
		['http://127.0.0.1:1/', 'could not be reached'],
	])('says what is wrong with the URL "%s"', async (url, words) => {
		const [event] = await add(newEvents(1));
		const { text } = await (await signIn()).submit(`/events/${event?.id}/send-to`, { url });
		expect(text).toContain(words);
	});

	test('sends everything again that failed at a target, and discards what is not wanted', async () => {
		const events = await add(newEvents(3));
		await settle(SECOND, { state: 'failed' }, '500 {"message":"Error in workflow"}');
		const visitor = await signIn();
		const { text: list } = await visitor.read('/?state=failed');
		expect(list).toContain('Send 3 failed events again');
		expect(list).toContain(`/events/${events[0]?.id}`);
		const path = `/events/${events[0]?.id}`;
		expect((await visitor.read(path)).text).toContain('Error in workflow');
		await visitor.submit(`${path}/discard`, { target: SECOND.key });
		const { text } = await visitor.submit('/targets/send-failed', { target: SECOND.key });
		expect(text).toContain('Sending 2 events again.');
		const states = await Promise.all(events.map(({ id }) => statesOf(id)));
		expect(states.map(([, second]) => second)).toEqual([
			'second: discarded',
			'second: waiting',
			'second: waiting',
		]);
		expect((await visitor.read('/?state=failed')).text).toContain('No event matches');
	});

	test('moves the events of a target that has left the settings, or discards them', async () => {
		await add(newEvents(3));
		await reopen([FIRST]);
		await add(newEvents(2));
		let visitor = await signIn();
		expect((await visitor.read('/')).text).toContain('Move 3 events');
		const moving = { target: SECOND.key, to: FIRST.key };
		expect((await visitor.submit('/targets/move', moving)).text).toContain('3 events moved.');
		await reopen([SECOND]);
		visitor = await signIn();
		const { text } = await visitor.submit('/targets/discard', { target: FIRST.key });
		expect(text).toContain('5 events discarded.');
		expect(text).not.toContain(FIRST.url);
	});

	test('forgets a target that has registered, with what waits for it, and none that is set', async () => {
		const registered = { key: 'own', url: 'http://n8n.test/webhook/own/koeiq', name: 'Alarm <1>' };
		await store.register(registered);
		await add(newEvents(2));
		const visitor = await signIn();
		const { text } = await visitor.submit('/targets/forget', { target: registered.key });
		expect(text).toContain('The target is forgotten. 2 events discarded.');
		expect((await visitor.read('/live/targets')).text).not.toContain(registered.url);
		for (const target of [FIRST.key, 'nobody']) {
			const refused = await visitor.submit('/targets/forget', { target });
			expect(refused.text).toContain('Nothing was forgotten');
		}
		expect(await store.overview()).toHaveLength(2);
	});

	test('tells an operator who has set no target yet what to do', async () => {
		await reopen([]);
		const [event] = await add(newEvents(1));
		const visitor = await signIn();
		expect((await visitor.read('/')).text).toContain('publish a workflow with a KoeIQ Trigger');
		const { text } = await visitor.submit(`/events/${event?.id}/send`);
		expect(text).toContain('there is no target');
	});
});
