import { setTimeout as sleep } from 'node:timers/promises';

import { startInbox } from '../../harness/inbox';
import { deliver } from '../../harness/koeiq/sender';
import { poll } from '../../harness/wait';
import { event, many, SECRET, send } from './support/events';
import {
	PASSWORD,
	postForm,
	startInboxWithPage,
	Visitor,
	type InboxWithPage,
} from './support/page';
import { newStore, STORES, stopStores } from './support/stores';
import { Target } from './support/target';

/* The operator's page as a client sees it that is no browser: who may in, and what an action does. */

afterAll(stopStores);

describe('who may see the page', () => {
	let running: InboxWithPage;

	beforeAll(async () => {
		running = await startInboxWithPage();
	});

	afterAll(async () => {
		await running.inbox.stop();
	});

	test('nobody if it has no password: the door does not have it', async () => {
		const inbox = await startInbox({ env: { INBOX_WEBHOOK_SECRET: SECRET } });
		try {
			expect((await fetch(`${inbox.url}/sign-in`)).status).toBe(404);
			expect(await inbox.log()).not.toContain('page');
		} finally {
			await inbox.stop();
		}
	});

	test('the page is not on the door', async () => {
		expect((await fetch(`${running.inbox.url}/sign-in`)).status).toBe(404);
	});

	test.each([
		'/',
		'/?state=parked',
		'/live/targets',
		'/live/events',
		`/events/${'0'.repeat(64)}`,
		`/live/events/${'0'.repeat(64)}`,
		`/events/${'0'.repeat(64)}/body`,
		'/nothing/here',
	])('without signing in, %s leads to the sign-in', async (path) => {
		const { status, headers } = await fetch(running.page + path, { redirect: 'manual' });
		expect({ status, location: headers.get('location') }).toEqual({
			status: 303,
			location: '/sign-in',
		});
	});

	test.each([
		'/targets/send-parked',
		'/targets/move',
		'/targets/discard',
		`/events/${'0'.repeat(64)}/send`,
		`/events/${'0'.repeat(64)}/send-to`,
		`/events/${'0'.repeat(64)}/discard`,
		'/sign-out',
	])('a POST to %s needs the session and its token', async (path) => {
		const response = await postForm(running.page + path, { token: 'guessed' });
		expect(response.headers.get('location')).toBe('/sign-in');
		const visitor = await Visitor.signIn(running.page);
		for (const token of ['', 'guessed', 'x'.repeat(24)]) {
			const { status, text } = await visitor.submit(path, {}, token);
			expect(status).toBe(403);
			expect(text).toContain('nothing was changed');
		}
	});

	test('a form of another kind than the page sends is refused', async () => {
		const response = await fetch(`${running.page}/sign-in`, {
			method: 'POST',
			headers: { 'content-type': 'application/json' },
			body: JSON.stringify({ password: PASSWORD }),
		});
		expect(response.status).toBe(415);
	});

	test.each(['/sign-in', '/', '/page.css', '/live.js', '/icon.svg', '/nothing'])(
		'%s is framed by nobody, kept nowhere, and runs nothing from elsewhere',
		async (path) => {
			const { headers } = await fetch(running.page + path, { redirect: 'manual' });
			expect(Object.fromEntries(headers)).toMatchObject({
				'content-security-policy':
					"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
				'x-content-type-options': 'nosniff',
				'referrer-policy': 'no-referrer',
				'cache-control': 'no-store',
			});
		},
	);

	test('the cookie is for this page alone', async () => {
		const { headers } = await postForm(`${running.page}/sign-in`, { password: PASSWORD });
		expect(headers.get('set-cookie')).toMatch(
			/^koeiq_inbox_session=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict$/,
		);
		const behindTls = { 'x-forwarded-proto': 'https' };
		const secure = await postForm(`${running.page}/sign-in`, { password: PASSWORD }, behindTls);
		expect(secure.headers.get('set-cookie')).toMatch(/; Secure$/);
	});

	test('signing out ends the session', async () => {
		const visitor = await Visitor.signIn(running.page);
		expect((await visitor.read('/')).text).toContain('No event has arrived yet.');
		await visitor.submit('/sign-out');
		expect((await visitor.read('/')).text).toContain('type="password"');
	});

	test('a wrong password makes the right one wait', async () => {
		const attempt = async (password: string) => {
			const { status } = await postForm(`${running.page}/sign-in`, { password });
			return status;
		};
		expect(await attempt('wrong')).toBe(401);
		// Those that come too soon are not looked at, and do not count.
		for (const wrong of ['wrong', '']) {
			await poll('the next attempt', 20_000, async () => (await attempt(wrong)) === 401);
		}
		expect(await attempt(PASSWORD)).toBe(429);
		await poll('the right one to be let in', 20_000, async () => (await attempt(PASSWORD)) === 303);
	});
});

describe.each(STORES)('what the page does, on %s', (store) => {
	let first: Target;
	let second: Target;
	let running: InboxWithPage;
	let visitor: Visitor;

	beforeAll(async () => {
		[first, second] = [await Target.start(), await Target.start()];
		running = await startInboxWithPage({
			...(await newStore(store)),
			INBOX_FORWARD_TO: `${first.url} ${second.url}`,
			INBOX_RETRY_PAUSES: '0',
		});
		visitor = await Visitor.signIn(running.page);
	});

	afterAll(async () => {
		await running.inbox.stop();
		await first.close();
		await second.close();
	});

	/** An event that both targets have. */
	async function delivered(word: string) {
		const one = event(word);
		await send(running.inbox.url, [one]);
		await visitor.until(`/events/${one.deliveryId}`, /(Delivered.*){2}/s);
		return one;
	}

	test('finds an event by its call, voicelog, delivery ID and name, and no other', async () => {
		const [one, other] = [await delivered('found'), await delivered('other')];
		for (const text of [one.id, `CALL-${one.id}`, one.deliveryId]) {
			const found = (await visitor.read(`/?text=${text}`)).text;
			expect(found).toContain(`/events/${one.deliveryId}`);
			expect(found).not.toContain(`/events/${other.deliveryId}`);
		}
		const named = (await visitor.read('/?text=analytics.completed')).text;
		expect(named).toContain(`/events/${other.deliveryId}`);
		expect((await visitor.read('/?text=alert.triggered')).text).toContain('No event matches');
	});

	test('shows 50 events at a time, and each of them once', async () => {
		await send(running.inbox.url, many(60, 'many'));
		const seen: string[] = [];
		let path: string | undefined = '/?text=analytics.completed';
		while (path !== undefined) {
			const { text } = await visitor.read(path);
			const ids = Array.from(text.matchAll(/href="\/events\/(\w{64})"/g), ([, id]) => id ?? '');
			expect(ids.length).toBeLessThanOrEqual(50);
			seen.push(...ids);
			const next = /href="([^"]+)" rel="next"/.exec(text)?.[1];
			path = next?.replaceAll('&#38;', '&');
		}
		expect(seen.length).toBeGreaterThanOrEqual(60);
		expect(new Set(seen).size).toBe(seen.length);
	});

	test('gives the body as it came', async () => {
		const { deliveryId, payload } = await delivered('body');
		expect((await visitor.read(`/events/${deliveryId}/body`)).text).toBe(payload);
	});

	test('sends an event to its targets again, or to one of them', async () => {
		const { id, deliveryId } = await delivered('again');
		const times = (target: Target) => target.taken.filter((got) => got.id === id).length;
		await visitor.submit(`/events/${deliveryId}/send`, { target: second.url });
		await visitor.until(`/events/${deliveryId}`, /(Delivered.*){2}/s);
		expect([times(first), times(second)]).toEqual([1, 2]);
		const { text } = await visitor.submit(`/events/${deliveryId}/send`, { target: '' });
		expect(text).toContain('Sending to 2 targets.');
		await visitor.until(`/events/${deliveryId}`, /(Delivered.*){2}/s);
		expect([times(first), times(second)]).toEqual([2, 3]);
	});

	test('sends an event to a URL once, as it came, and shows what came back', async () => {
		const { deliveryId, payload } = await delivered('url');
		const elsewhere = await Target.start();
		elsewhere.behave = elsewhere.answering(500, '{"message":"<b>Not yet</b>"}');
		try {
			const path = `/events/${deliveryId}/send-to`;
			const { text } = await visitor.submit(path, { url: elsewhere.url });
			expect(text).toContain('The URL answered 500');
			expect(text).toContain('&#60;b&#62;Not yet&#60;/b&#62;');
			const [got] = elsewhere.posts;
			expect(elsewhere.posts).toHaveLength(1);
			expect(got?.body).toBe(payload);
			expect(got?.headers['x-koeiq-signature']).toMatch(/^sha256=/);
		} finally {
			await elsewhere.close();
		}
	});

	test.each([
		['', 'Enter a complete URL'],
		['n8n.example.com/webhook', 'Enter a complete URL'],
		['file:///etc/passwd', 'Enter a complete URL'],
		['http://127.0.0.1:1/', 'could not be reached'],
	])('says what is wrong with the URL "%s"', async (url, words) => {
		const { deliveryId } = await delivered('wrong');
		const { text } = await visitor.submit(`/events/${deliveryId}/send-to`, { url });
		expect(text).toContain(words);
	});

	test('sends everything again that is parked at a target, and discards what is not wanted', async () => {
		second.behave = second.answering(500, '{"message":"Error in workflow"}');
		const parked = many(3, 'parked');
		const [unwanted] = parked;
		await send(running.inbox.url, parked);
		await visitor.until('/', 'Send 3 parked events again');
		const path = `/events/${unwanted?.deliveryId ?? ''}`;
		expect((await visitor.read('/?state=parked')).text).toContain(path);
		expect((await visitor.read(path)).text).toContain('Error in workflow');

		await visitor.submit(`${path}/discard`, { target: second.url });
		expect((await visitor.read('/?state=discarded')).text).toContain(path);
		second.takes();
		const { text } = await visitor.submit('/targets/send-parked', { target: second.url });
		expect(text).toContain('Sending 2 events again.');
		for (const { deliveryId } of parked.slice(1)) {
			await visitor.until(`/events/${deliveryId}`, /(Delivered.*){2}/s);
		}
		expect((await visitor.read('/?state=parked')).text).toContain('No event matches');
	});

	test('asks a target no more that has come back, though what waited for it was discarded', async () => {
		await second.close();
		const [unwanted, wanted] = [event('unwanted'), event('wanted')];
		await send(running.inbox.url, [unwanted]);
		await poll('the target to be away', 10_000, async () =>
			(await running.inbox.log()).includes(`${second.url} is away`),
		);
		await visitor.submit(`/events/${unwanted.deliveryId}/discard`, { target: second.url });
		const before = second.asked.length;
		await second.listen();
		await poll('the target to be asked', 20_000, () => second.asked.length > before);
		await sleep(4_000);
		expect(second.asked.length).toBe(before + 1);
		await send(running.inbox.url, [wanted]);
		await poll('the event to arrive', 20_000, () =>
			second.taken.some(({ id }) => id === wanted.id),
		);
	});

	test('moves the events of a target that has left the settings, or discards them', async () => {
		await second.close();
		const [moved, given] = [many(3, 'moved'), many(2, 'given-up')];
		await send(running.inbox.url, moved);
		const third = await Target.start();
		try {
			await running.inbox.kill('SIGTERM');
			await running.inbox.restart({ INBOX_FORWARD_TO: third.url });
			visitor = await Visitor.signIn(running.page);
			expect((await visitor.read('/')).text).toContain('Move 3 events');
			const { text } = await visitor.submit('/targets/move', { target: second.url, to: third.url });
			expect(text).toContain('3 events moved.');
			for (const { deliveryId } of moved) {
				await visitor.until(`/events/${deliveryId}`, new RegExp(`${third.url}.*Delivered`, 's'));
			}

			await third.close();
			await send(running.inbox.url, given);
			await running.inbox.kill('SIGTERM');
			await running.inbox.restart({ INBOX_FORWARD_TO: first.url });
			visitor = await Visitor.signIn(running.page);
			const discarded = await visitor.submit('/targets/discard', { target: third.url });
			expect(discarded.text).toContain('2 events discarded.');
			expect(discarded.text).not.toContain(third.url);
		} finally {
			await third.close();
		}
	});

	test('tells an operator who has set no target yet what to do', async () => {
		await running.inbox.kill('SIGTERM');
		await running.inbox.restart({ INBOX_FORWARD_TO: '' });
		visitor = await Visitor.signIn(running.page);
		const one = event('early');
		const { status } = await deliver(running.inbox.url, SECRET, one.payload);
		expect(status).toBe(200);
		expect((await visitor.read('/')).text).toContain('Set INBOX_FORWARD_TO');
		const { text } = await visitor.submit(`/events/${one.deliveryId}/send`);
		expect(text).toContain('no target is set');
	});
});
