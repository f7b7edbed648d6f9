import type { WorkerStatus } from '../../inbox/src/delivery/worker';
import { version } from '../../inbox/package.json';
import { log } from '../../inbox/src/log';
import { html } from '../../inbox/src/page/html';
import { createPage } from '../../inbox/src/page/page';
import { Signatures } from '../../inbox/src/signatures';
import type { NewEvent, Outcome, Store, Target as StoredTarget } from '../../inbox/src/store/store';
import { closeStores, newEvent, newEvents, newPlace, openAt } from './support/open-store';
import { startTrigger } from './support/trigger';
import { postForm, Visitor } from './support/visitor';

/* The operator's page as a client sees it that is no browser: who may in, and what an action does. */

const PASSWORD = 'the-password-of-the-page-tests';
const ID = '0'.repeat(64);
const DAY = 86_400_000;
const FIRST: StoredTarget = { key: 'first', url: 'http://n8n.test/webhook/first/koeiq', name: '' };
const SECOND: StoredTarget = {
	key: 'second',
	url: 'http://n8n.test/webhook/second/koeiq',
	name: '',
};

const statuses = new Map<string, WorkerStatus>();
/** Every line that says who did what. */
const logged: Array<{ message: string; fields: object }> = [];
let testNotice: (() => Promise<string | undefined>) | undefined;

let signatures: Signatures;

let at: string;
let store: Store;
let page: ReturnType<typeof createPage>;

beforeEach(async () => {
	statuses.clear();
	logged.length = 0;
	testNotice = undefined;
	signatures = new Signatures();
	for (const level of ['info', 'warn'] as const) {
		jest.spyOn(log, level).mockImplementation((fields, message) => {
			logged.push({ message, fields });
		});
	}
	at = await newPlace('SQLite');
	await open([FIRST, SECOND]);
});

afterEach(async () => {
	await page.close();
	await closeStores();
	jest.restoreAllMocks();
});

async function open(targets: readonly StoredTarget[]): Promise<void> {
	({ store } = await openAt(at, targets));
	page = createPage({
		...{ password: PASSWORD, store, status: (key) => statuses.get(key) },
		onTargetsChanged: async () => {},
		keep: DAY,
		...(testNotice && { sendTestNotice: testNotice }),
		signatures,
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
		'/targets/discard-failed',
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
			expect(text).toContain('Nothing was changed');
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

	test('wrong passwords are counted and logged, once a minute, and lock nobody out', async () => {
		const attempt = async (password: string) =>
			(await postForm(page, '/sign-in', { password })).statusCode;
		const proxied = { 'x-forwarded-for': '203.0.113.7' };
		for (let i = 0; i < 5; i++) expect(await attempt(`guess ${i}`)).toBe(401);
		expect((await postForm(page, '/sign-in', { password: PASSWORD }, proxied)).statusCode).toBe(
			303,
		);
		expect(JSON.stringify(logged)).not.toContain('guess');
		const wrong = logged.filter(({ message }) => message.includes('wrong password'));
		expect(wrong).toMatchObject([{ fields: { address: '127.0.0.1', wrong: 1 } }]);
		expect(logged.at(-1)).toEqual({
			message: 'On the page: signed in.',
			fields: {
				address: '127.0.0.1',
				session: expect.stringMatching(/^[0-9a-f]{6}$/) as unknown,
				forwardedFor: '203.0.113.7',
			},
		});
	});
});

describe('what the page shows', () => {
	test('an event is found by part of its call, voicelog, delivery ID and name, and no other', async () => {
		// Its end would be part of a Call ID, which begins with the number of this process.
		const one = newEvent({ voicelogId: 'vl_of_one' });
		const other = newEvent({ event: 'analytics.completed' });
		await add([one, other]);
		const visitor = await signIn();
		const parts = [one.callId, one.voicelogId, one.event].map((id) => id?.slice(1) ?? '');
		for (const text of [...parts, one.id, one.id.slice(7, 40)].flatMap((part) => [
			part,
			part.toUpperCase(),
		])) {
			const found = (await visitor.read(`/?text=${text}`)).text;
			expect(found).toContain(`/events/${one.id}`);
			expect(found).not.toContain(`/events/${other.id}`);
		}
		expect((await visitor.read('/?text=nothing')).text).toContain('No event matches');
	});

	test('each count of a target leads to its own events, and nothing leads to none', async () => {
		const [one, two, three] = await add(newEvents(3));
		const [first, second] = await store.take(FIRST.key, { places: 2, retries: 2 });
		if (first) await store.settle(first, { state: 'failed' });
		if (second) await store.settle(second, { state: 'delivered', isIgnored: false });
		const visitor = await signIn();
		const { text } = await visitor.read('/');
		const counts = Array.from(
			text.matchAll(/class="count (\w+)"[^>]*href="([^"]+)"\s*><b>(\d+)</g),
			([, state, path = '', number]) => ({ state, path: path.replaceAll('&#38;', '&'), number }),
		);
		expect(counts.map(({ state, number }) => `${state} ${number}`)).toEqual([
			...['waiting 1', 'failed 1', 'delivered 1'],
			'waiting 3',
		]);
		const idsAt = async (path: string) =>
			Array.from(
				(await visitor.read(path)).text.matchAll(/href="\/events\/(\w{64})"/g),
				([, id]) => id,
			);
		const listed = await Promise.all(counts.map(async ({ path }) => await idsAt(path)));
		expect(listed).toEqual([[three?.id], [one?.id], [two?.id], [three?.id, two?.id, one?.id]]);
		expect(text).not.toMatch(/<a [^>]*>\s*<\/a>/);
	});

	test('events of a time, and their target and state stay chosen', async () => {
		const [early, late] = [0, 1].map((hour) =>
			newEvent({ receivedAt: Date.UTC(2026, 0, 1, hour) }),
		);
		await add([early, late].filter((event) => event !== undefined));
		const visitor = await signIn();
		const path = `/?from=2026-01-01T01:00&until=2026-01-01T01:00&target=${FIRST.key}&state=waiting`;
		const { text } = await visitor.read(path);
		expect(text).toContain(`/events/${late?.id}`);
		expect(text).not.toContain(`/events/${early?.id}`);
		for (const chosen of [
			'value="2026-01-01T01:00"',
			`value="${FIRST.key}" selected`,
			'value="waiting" selected',
		]) {
			expect(text).toContain(chosen);
		}
	});

	test('a search that is not over says so, and finds a whole id however old it is', async () => {
		const [old] = await add(newEvents(1));
		jest.spyOn(store, 'scan').mockResolvedValue({ events: [], next: 1_000 });
		const visitor = await signIn();
		const found = (await visitor.read(`/?text=${old?.callId}`)).text;
		expect(found).toContain(`/events/${old?.id}`);
		expect(found).toContain('Older events have not been searched yet.');
		const none = (await visitor.read('/?text=nothing')).text;
		expect(none).toContain('None of the newest events matches');
		expect(none).not.toContain('No event matches');
		expect(none).toMatch(/before=1000#events" rel="next" id="older"\s*>Search older events</);
		expect(none).not.toContain('data-live="/live/events');
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
		expect(await shown()).toContain(
			`<code class="url" title="${registered.url}">${registered.url}</code>`,
		);
		const refused =
			'n8n refuses the signature: its secret differs from the one that signed the event.';
		const secret = '401 {"error":"Invalid signature"}';
		const down = 'connect ECONNREFUSED 127.0.0.1:5678';
		const nextAt = since + 30_000;
		const states: Array<[WorkerStatus, string[]]> = [
			[{ state: 'accepting', since }, ['Ready since']],
			[{ state: 'accepting', since: 0, recoveredAt: since }, ['Ready since']],
			[
				{ state: 'unavailable', since, answer: down, nextAt },
				['Nothing answers at http://n8n.test.', down, 'n8n URL', 'next check at', '00:00:30 UTC'],
			],
			[{ state: 'unavailable', since, answer: null, nextAt: null }, ['kept here since']],
			[
				{ state: 'rejecting', since, answer: '404 "x" is not registered', nextAt },
				['not published', 'Publish the workflow'],
			],
			[{ state: 'rejecting', since, answer: secret, nextAt }, [refused, 'kept here since']],
			[
				{ state: 'accepting', since: 0, refusal: { since, answer: secret } },
				[refused, 'Previous Webhook Secret', 'Events not accepted since'],
			],
		];
		for (const [status, words] of states) {
			statuses.set('own', status);
			for (const one of [...words, '2026-01-01 00:00:00 UTC'])
				expect(await shown()).toContain(html`${one}`.text);
		}
		statuses.clear();
		await add(newEvents(3));
		jest.spyOn(Date, 'now').mockReturnValue(since + 3_600_000);
		await store.pause('own');
		jest.mocked(Date.now).mockRestore();
		expect(await shown()).toMatch(/<b>3<\/b> Waiting/);
		const paused = (await shown()).replaceAll(/<[^>]+>|\s+/g, ' ').replaceAll(/ +/g, ' ');
		expect(paused).toContain('Paused since 2026-01-01 01:00:00 UTC');
		expect(paused).toContain('New events are kept for it until 2026-01-02 01:00:00 UTC');
	});

	test('what an event waits for: nothing is about to be sent while its target takes nothing', async () => {
		const [event] = await add(newEvents(1));
		const visitor = await signIn();
		const since = Date.now();
		const answer = '401 {"error":"Invalid signature"}';
		const texts: Array<[WorkerStatus, string]> = [
			[{ state: 'accepting', since }, 'It is being sent.'],
			[{ state: 'accepting', since, refusal: { since, answer } }, 'n8n refuses the signature'],
			[
				{ state: 'rejecting', since, answer, nextAt: since },
				'Kept here until the target accepts events again. n8n refuses the signature',
			],
			[
				{ state: 'unavailable', since, answer: 'connect ECONNREFUSED ::1', nextAt: since },
				'Kept here until the target accepts events again. Nothing answers at http://n8n.test.',
			],
		];
		for (const [status, words] of texts) {
			for (const { key } of [FIRST, SECOND]) statuses.set(key, status);
			for (const path of [`/events/${event?.id}`, '/']) {
				const { text } = await visitor.read(path);
				expect(text).toContain(words);
				expect(text.includes('being sent')).toBe(words.includes('being sent'));
			}
		}
	});

	test('every request with an event, with its time and answer', async () => {
		const [event] = await add(newEvents(1));
		for (let i = 0; i < 14; i++) {
			const [job] = await store.take(FIRST.key, { places: 1, retries: 1 });
			const at = Date.UTC(2026, 0, 1, i);
			if (job)
				await store.settle(
					job,
					{ state: 'retrying', pause: 0 },
					{ at, answer: `500 no. ${i}`, milliseconds: i },
				);
		}
		const { text } = await (await signIn()).read(`/events/${event?.id}`);
		for (let i = 0; i < 14; i++) {
			const hour = String(i).padStart(2, '0');
			expect(text).toMatch(
				new RegExp(`2026-01-01 ${hour}:00:00 UTC.*?500 no\\. ${i}<.*?>\\s*${i} ms\\s*<`, 's'),
			);
		}
		expect(text).toContain('14 attempts');
	});

	test('attempts are counted as the API and the export count them: without deferrals', async () => {
		const [event] = await add(newEvents(1));
		const outcomes: Outcome[] = [
			{ state: 'deferred', pause: 0 },
			{ state: 'retrying', pause: 0 },
			{ state: 'failed' },
		];
		for (const outcome of outcomes) await settle(FIRST, outcome, '404');
		const visitor = await signIn();
		expect((await visitor.read('/?state=failed')).text).toMatch(/data-label="Attempts"[^>]*>2</);
		const { text } = await visitor.read(`/events/${event?.id}`);
		expect(text.replaceAll(/<[^>]+>/g, '')).toContain('2 attempts · 3 requests');
	});

	test('a target keeps its number when another one is paused', async () => {
		const [one, two] = ['One', 'Two'].map((name) => ({
			...{ key: name, name },
			url: `http://n8n.test/webhook/${name}/koeiq`,
		}));
		if (one === undefined || two === undefined) throw new Error('There are none.');
		for (const target of [one, two]) await store.register(target);
		const visitor = await signIn();
		const numbers = async () =>
			Array.from(
				(await visitor.read('/live/targets')).text.matchAll(
					/class="number">#(\d)<\/span> <span title="[^"]*">(\w+)</g,
				),
				([, number, name]) => `${number} ${name}`,
			);
		expect(await numbers()).toEqual(['3 One', '4 Two']);
		await store.pause(one.key);
		expect(await numbers()).toEqual(['3 One', '4 Two']);
	});

	test('a search, a page and a count lead to the events, below the targets', async () => {
		await add(newEvents(51));
		const { text } = await (await signIn()).read('/');
		expect(text).toContain('id="events"');
		const leading = text.matchAll(/(?:action|href)="(\/(?:\?[^"]*)?#?[^"]*)"/g);
		const paths = Array.from(leading, ([, path = '']) => path).filter((path) =>
			/^\/[?#]/.test(path),
		);
		expect(paths.length).toBeGreaterThanOrEqual(4);
		for (const path of paths) expect(path).toMatch(/#events$/);
	});

	test('what the workflow does not select, and that sending it again starts nothing', async () => {
		const [event] = await add(newEvents(1));
		await settle(
			FIRST,
			{ state: 'delivered', isIgnored: true },
			'200 {"received":true,"ignored":true}',
		);
		const visitor = await signIn();
		const { text } = await visitor.read(`/events/${event?.id}`);
		expect(text).toContain('Delivered, not selected by the workflow. It did not start.');
		expect(text).toContain('sending it again starts nothing');
		const again = await visitor.submit(`/events/${event?.id}/send`, { target: FIRST.key });
		expect(again.text).toContain('The workflow did not select this event before');
	});

	test('its version, and no more than one line for each event', async () => {
		await add(newEvents(3));
		const { text } = await (await signIn()).read('/');
		expect(text).toContain(`KoeIQ Inbox ${version}`);
		const [, body = ''] = /<table class="events">.*?<tbody>(.*?)<\/tbody>/s.exec(text) ?? [];
		expect(body.match(/<tr>/g)).toHaveLength(3);
	});

	test('nothing that a screen reader would say by itself at each refresh', async () => {
		await add(newEvents(1));
		const { text } = await (await signIn()).read('/');
		expect(text).not.toMatch(/aria-live|role="(?:status|log|timer)"/);
		expect(text.match(/role="alert"/g)).toHaveLength(1);
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

	test('proposes to send an event again to the one target at which it has failed', async () => {
		const [{ id } = { id: '' }] = await add(newEvents(1));
		const visitor = await signIn();
		const proposed = async () =>
			/<option value="([^"]*)" selected>/.exec((await visitor.read(`/events/${id}`)).text)?.[1];
		await settle(FIRST, { state: 'delivered', isIgnored: false }, '200');
		expect(await proposed()).toBeUndefined();
		await settle(SECOND, { state: 'failed' }, '500');
		expect(await proposed()).toBe(SECOND.key);
	});

	test('does not say that it sends to a target that takes nothing now', async () => {
		const [{ id } = { id: '' }] = await add(newEvents(1));
		const visitor = await signIn();
		const send = async () => (await visitor.submit(`/events/${id}/send`)).text;
		const away = { state: 'unavailable', since: 0, answer: null, nextAt: null } as const;
		statuses.set(SECOND.key, away);
		expect(await send()).toContain('Sending to 1 target. 1 target does not accept events now.');
		statuses.set(FIRST.key, away);
		const text = await send();
		expect(text).toContain('2 targets do not accept events now. The event waits here');
		expect(text).not.toContain('Sending to');
		await settle(SECOND, { state: 'failed' }, '500');
		const failed = await visitor.submit('/targets/send-failed', { target: SECOND.key });
		expect(failed.text).toContain('1 event waits here, and is sent when the target accepts events');
	});

	test('names the target that an event is sent to, also if there is but one', async () => {
		const [{ id } = { id: '' }] = await add(newEvents(1));
		await store.register({ key: 'own', url: 'http://n8n.test/webhook/own/koeiq', name: 'Alarm' });
		await reopen([]);
		const { text } = await (await signIn()).read(`/events/${id}`);
		const [, form = ''] = /<form[^>]*\/send"[^>]*>(.*?)<\/form>/s.exec(text) ?? [];
		expect(form).toMatch(/name="target" value="own"/);
		expect(form).toContain('· Alarm');
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

	test('discards everything that failed at a target, after it has said how many that are', async () => {
		const events = await add(newEvents(3));
		await settle(SECOND, { state: 'failed' }, '500');
		const visitor = await signIn();
		const { text: list } = await visitor.read('/');
		expect(list).toContain('Discard 3 failed events…');
		expect(list).toContain('This target will not get these 3 events.');
		const { text } = await visitor.submit('/targets/discard-failed', { target: SECOND.key });
		expect(text).toContain('3 events discarded.');
		const states = await Promise.all(events.map(({ id }) => statesOf(id)));
		expect(states).toEqual(Array(3).fill(['first: waiting', 'second: discarded']));
	});

	test('says in the log who did what, in one line', async () => {
		const [{ id } = { id: '' }, other] = await add(newEvents(2));
		await settle(SECOND, { state: 'failed' }, '500');
		const visitor = await signIn();
		const done: Array<[string, Record<string, string>, string, object]> = [
			[
				`/events/${id}/send`,
				{ target: FIRST.key },
				'sent an event again',
				{ event: id, targets: FIRST.url },
			],
			[
				`/events/${id}/discard`,
				{ target: SECOND.key },
				'discarded an event',
				{ event: id, target: SECOND.key, events: 1 },
			],
			[
				'/targets/send-failed',
				{ target: SECOND.key },
				'sent again what failed',
				{ target: SECOND.key, events: 1 },
			],
			[
				'/targets/discard-failed',
				{ target: SECOND.key },
				'discarded what failed',
				{ target: SECOND.key, events: 0 },
			],
			[
				'/targets/move',
				{ target: SECOND.key, to: FIRST.key },
				'moved events',
				{ target: SECOND.key, to: FIRST.key, events: 1 },
			],
			[
				`/events/${other?.id}/send-to`,
				{ url: 'http://127.0.0.1:1/' },
				'sent an event to a URL',
				{ event: other?.id },
			],
			['/sign-out', {}, 'signed out', {}],
		];
		const [{ fields: who } = { fields: {} }] = logged;
		logged.length = 0;
		for (const [path, form] of done) await visitor.submit(path, form);
		expect(logged).toEqual(
			done.map(([, , what, fields]) => ({
				message: `On the page: ${what}.`,
				fields: expect.objectContaining({ ...who, ...fields }) as unknown,
			})),
		);
	});

	test('sends a test notice, if notices are on, and says what came of it', async () => {
		expect((await (await signIn()).read('/')).text).not.toContain('/notify-test');
		let answer: string | undefined = 'INBOX_NOTIFY_URL answered 404: <b>no_team</b>';
		testNotice = async () => answer;
		await reopen([FIRST]);
		const visitor = await signIn();
		expect((await visitor.read('/')).text).toContain('Send a test notice');
		const refused = await visitor.submit('/notify-test');
		expect(refused.text).toContain('was not accepted');
		expect(refused.text).toContain('&#60;b&#62;no_team');
		answer = undefined;
		expect((await visitor.submit('/notify-test')).text).toContain('The test notice was accepted.');
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

test('says above the targets that requests were refused for another secret, until a right one comes, and for a day what was lost', async () => {
	const counted = { signed: jest.fn(), refused: jest.fn() };
	const metrics = signatures.watch(counted);
	let visitor = await signIn();
	const start = Date.now();
	const now = jest.spyOn(Date, 'now');
	const at = (minute: number) => now.mockReturnValue(start + minute * 60_000);
	const said = async () => {
		const { text } = await visitor.read('/live/targets');
		const [above = ''] = text.split('<h2');
		return above.replaceAll(/<[^>]+>|\s+/g, ' ').replaceAll(/ +/g, ' ');
	};
	const NOW = /matches? no secret of the inbox/;
	metrics.refused('missingSignature');
	expect(await said()).not.toMatch(/refused/);
	for (const minute of [0, 5]) {
		at(minute);
		metrics.refused('wrongSignature');
	}
	expect(await said()).toMatch(/2 requests were refused: .*set INBOX_WEBHOOK_SECRET.*in n8n/i);
	metrics.signed('current');
	const lost = `2 requests were refused for their signature, and not stored. .*: ${stamp(start)} – ${stamp(start + 300_000)}`;
	expect(await said()).toMatch(new RegExp(lost));
	expect(await said()).not.toMatch(NOW);
	at(60);
	metrics.refused('wrongSignature');
	// Those since the last that was right, and those before, are told apart.
	expect(await said()).toMatch(new RegExp(`1 request was refused: .*${lost}`));
	const { all } = signatures;
	signatures = new Signatures();
	signatures.recall(all ? [all] : []);
	await reopen([FIRST]);
	visitor = await signIn();
	expect(await said()).toMatch(/3 requests were refused for their signature/);
	at(24 * 60 + 61);
	expect(await said()).not.toMatch(/refused/);
	expect([counted.refused.mock.calls.length, counted.signed.mock.calls.length]).toEqual([4, 1]);
});

const stamp = (time: number) =>
	new Date(time).toISOString().slice(0, 19).replace('T', ' ') + ' UTC';

test('what has failed comes first, in the list and on the page of the event', async () => {
	const [event] = await add(newEvents(1));
	await settle(SECOND, { state: 'failed' }, '500');
	const visitor = await signIn();
	for (const url of ['/live/events', `/live/events/${event?.id}`]) {
		const { text } = await visitor.read(url);
		const [failed, waiting] = ['Failed', 'Waiting'].map((word) => text.indexOf(word));
		expect(failed).toBeLessThan(waiting ?? 0);
		expect(failed).toBeGreaterThan(-1);
	}
});
