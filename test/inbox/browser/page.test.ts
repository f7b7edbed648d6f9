import type { Browser, BrowserContext, Page } from 'playwright-core';

import { openBrowser } from '../../../harness/browser';
import { sampleOf } from '../../../harness/koeiq/samples';
import { deliver } from '../../../harness/koeiq/sender';
import { poll } from '../../../harness/wait';
import { disposedAfterAll } from '../../support/disposed';
import { event, many, SECRET, send } from '../support/events';
import { PASSWORD, startInboxWithPage, type InboxWithPage } from '../support/page';
import { startTrigger, type Trigger } from '../support/trigger';

/* The operator's page as an operator sees it, in Chromium. */

let target: Trigger;
let running: InboxWithPage;
let browser: Browser;
let context: BrowserContext;
let page: Page;

const started = disposedAfterAll();

beforeAll(async () => {
	target = await started(startTrigger());
	running = await startInboxWithPage({ INBOX_FORWARD_TO: target.url, INBOX_RETRY_PAUSES: '0' });
	await started(Promise.resolve(running.inbox));
	browser = await started(openBrowser());
	context = await browser.newContext({ baseURL: running.page, locale: 'en-US' });
	page = await signIn(context);
}, 120_000);

async function signIn(visitor: BrowserContext): Promise<Page> {
	const opened = await visitor.newPage();
	await opened.goto('/');
	await opened.locator('#password').fill(PASSWORD);
	await opened.keyboard.press('Enter');
	await opened.locator('#events-heading').waitFor();
	return opened;
}

/** What a page must never do: run what an event says, or load what is not its own. */
function watch(opened: Page): string[] {
	const seen: string[] = [];
	opened.on('dialog', (dialog) => {
		seen.push(`dialog: ${dialog.message()}`);
		void dialog.dismiss();
	});
	opened.on('console', (message) => {
		if (message.type() === 'error') seen.push(message.text());
	});
	opened.on('pageerror', (error) => seen.push(error.message));
	opened.on('request', (request) => {
		if (!request.url().startsWith(running.page)) seen.push(request.url());
	});
	return seen;
}

test('signs in with the password, and with no other', async () => {
	const visitor = await browser.newContext({ baseURL: running.page, locale: 'en-US' });
	const opened = await visitor.newPage();
	await opened.goto('/?state=failed');
	await opened.getByLabel('Password').fill('not the password');
	await opened.getByRole('button', { name: 'Sign in' }).click();
	await opened.getByText('This password is not correct.').waitFor();
	await opened.getByLabel('Password').fill(PASSWORD);
	await opened.keyboard.press('Enter');
	await opened.getByRole('heading', { name: 'Events' }).waitFor();
	await opened.getByRole('button', { name: 'Sign out' }).click();
	await opened.getByLabel('Password').waitFor();
	await visitor.close();
});

test('shows by itself what comes, and what becomes of it', async () => {
	const one = event('live');
	await page.goto('/');
	target.isReady = false;
	target.answer = () => ({ status: 503 });
	await send(running.inbox.url, [one]);
	const row = page.locator('tbody tr', { hasText: one.id });
	await row.getByText('Waiting').waitFor();
	target.isReady = true;
	target.answer = () => ({});
	await row.getByText('Delivered').waitFor({ timeout: 45_000 });
});

test('leaves alone what somebody has selected', async () => {
	await page.goto('/');
	await send(running.inbox.url, [event('first')]);
	// As somebody does who wants to copy it.
	await page.locator('tbody td').nth(2).click({ clickCount: 3 });
	const later = event('later');
	await send(running.inbox.url, [later]);
	await page.waitForTimeout(4_000);
	expect(await page.getByText(`CALL-${later.id}`).count()).toBe(0);
	await page.locator('#events-heading').click();
	await page.getByText(`CALL-${later.id}`).waitFor();
});

test('searches and filters', async () => {
	const [one, other] = [event('one'), event('other')];
	await send(running.inbox.url, [one, other]);
	await page.goto('/');
	await page.getByLabel('Search', { exact: true }).fill(one.id);
	await page.keyboard.press('Enter');
	await page.locator('tbody tr', { hasText: one.id }).waitFor();
	expect(await page.locator('tbody tr').count()).toBe(1);
	// With many targets, what is found would be below the screen.
	expect(new URL(page.url()).hash).toBe('#events');
	await page.getByRole('link', { name: 'Show all' }).click();
	await page.getByLabel('State').selectOption('Discarded');
	await page.getByRole('button', { name: 'Search' }).click();
	await page.getByText('No event matches this search.').waitFor();
});

const HOSTILE = [
	'<script>alert("script")</script>',
	'"><img src=x onerror=alert(1)>',
	"' onmouseover='alert(2)",
	'</pre></code><svg/onload=alert(3)>',
	'{{7*7}} ${alert(4)} javascript:alert(5)',
	'\u202Egnp.tnemucod\u202C \u2066isolated\u2069',
	'one\u2028two\u2029three\u0085four',
	'null\u0000byte \u001b[31mred \ud800',
	'長い'.repeat(5_000),
];

test.each(HOSTILE.map((text) => [text.slice(0, 50), text]))(
	'shows as text an event that says %j',
	async (_, text) => {
		const seen = watch(page);
		const hostile = {
			...sampleOf('analytics.completed'),
			event: text.slice(0, 300),
			[text.slice(0, 300)]: text,
			data: { call_id: text.slice(0, 300), voicelog_id: text.slice(0, 300), summary: text },
		};
		const { status } = await deliver(running.inbox.url, SECRET, JSON.stringify(hostile));
		expect(status).toBe(200);
		await page.goto('/');
		const name = page.locator('tbody tr').first().locator('a');
		expect(await name.innerText()).toBe(shown(stored(text)));
		await name.click();
		await page.getByRole('heading', { name: 'Formatted' }).waitFor();
		expect(await page.locator('pre').first().innerText()).toContain(
			shown(JSON.stringify(text).slice(1, -1)),
		);
		await page.getByText('As it came').click();
		await page.locator('main').hover();
		const foreign = 'main script, main img, main svg, main [onerror], main [onmouseover]';
		expect(await page.locator(foreign).count()).toBe(0);
		expect(seen).toEqual([]);
		page.removeAllListeners();
	},
);

/** The beginning, as the inbox keeps it to be found by. */
function stored(text: string): string {
	return text
		.slice(0, 200)
		.replaceAll('\0', '')
		.replace(/\p{Surrogate}/gu, '\uFFFD');
}

/** With the page's own words for what cannot be seen. */
function shown(text: string): string {
	return text.replace(
		/[\0\x1B\x85\u202A-\u202E\u2028\u2029\u2066-\u2069]|\p{Surrogate}/gu,
		(unseen) => `\\u${unseen.charCodeAt(0).toString(16).padStart(4, '0')}`,
	);
}

test('an event without the documented fields has a row, and a page', async () => {
	const odd = { event: 7, data: [], nothing: null };
	await deliver(running.inbox.url, SECRET, JSON.stringify(odd));
	await page.goto('/');
	await page.getByRole('link', { name: 'No event name' }).first().click();
	await page.getByText('"nothing": null').waitFor();
});

test('sends an event to a URL, and shows what came back', async () => {
	const one = event('to-url');
	await send(running.inbox.url, [one]);
	await page.goto(`/events/${one.deliveryId}`);
	await using elsewhere = await startTrigger();
	const notRegistered = '{"message":"The requested webhook is not registered."}';
	elsewhere.answer = () => ({ status: 404, body: notRegistered });
	await page.getByLabel('URL', { exact: true }).fill(elsewhere.url);
	await page.getByRole('button', { name: 'Send to URL' }).click();
	await page.getByText('n8n does not listen to this URL now.').waitFor();
	await page.getByText('The requested webhook is not registered.').waitFor();
	elsewhere.answer = () => ({});
	// The URL is still there for the next try.
	await page.getByRole('button', { name: 'Send to URL' }).click();
	await page.getByText('The URL answered 200').waitFor();
	expect(elsewhere.taken()).toEqual([one.id]);
});

test('sends failed events again, by keyboard alone', async () => {
	target.answer = () => ({ status: 500, body: '{"message":"Error in workflow"}' });
	const failed = many(2, 'failed');
	await send(running.inbox.url, failed);
	await page.goto('/?state=failed');
	const button = page.getByRole('button', { name: 'Send 2 failed events again' });
	await button.waitFor();
	await page.getByText('500 {"message":"Error in workflow"}').first().waitFor();
	target.answer = () => ({});
	await button.focus();
	await page.keyboard.press('Enter');
	await page.getByText('Sending 2 events again.').waitFor();
	for (const { id } of failed) {
		await page.locator('tbody tr', { hasText: id }).getByText('Delivered').waitFor();
	}
});

test('speaks Japanese to a Japanese browser', async () => {
	const visitor = await browser.newContext({ baseURL: running.page, locale: 'ja-JP' });
	const opened = await signIn(visitor);
	expect(await opened.locator('html').getAttribute('lang')).toBe('ja');
	await opened.getByRole('heading', { name: 'イベント' }).waitFor();
	await opened.getByText('送信済み').first().waitFor();
	await visitor.close();
});

test('works without script', async () => {
	const visitor = await browser.newContext({ baseURL: running.page, javaScriptEnabled: false });
	const opened = await signIn(visitor);
	await opened.locator('tbody a').first().click();
	const before = target.taken().length;
	await opened.getByRole('button', { name: 'Send to target' }).click();
	await opened.getByText('Sending to 1 target.').waitFor();
	await poll('it to arrive', 60_000, () => target.taken().length > before);
	await visitor.close();
});

test('a refresh leaves the focus, what is open and the reader of a screen alone', async () => {
	target.answer = () => ({ status: 500, body: '{"message":"Error in workflow"}' });
	await send(running.inbox.url, many(2, 'focus'));
	await page.goto('/');
	await page.getByText('Discard 2 failed events…').click();
	const confirm = page.getByRole('button', { name: 'Discard 2 events' });
	await confirm.focus();
	await page.evaluate(`window.spoken = [];
		new MutationObserver((changes) => window.spoken.push(...changes.map(({ target }) => target.textContent)))
			.observe(document.querySelector('[role="alert"]'), { childList: true, characterData: true, subtree: true })`);
	target.answer = () => ({});
	const late = event('late');
	await send(running.inbox.url, [late]);
	await page.getByText(`CALL-${late.id}`).waitFor();
	expect(await confirm.isVisible()).toBe(true);
	expect(await page.evaluate('document.activeElement.textContent')).toContain('Discard 2 events');
	const link = page.locator('tbody tr', { hasText: late.id }).locator('a');
	await link.focus();
	const later = event('later');
	await send(running.inbox.url, [later]);
	await page.getByText(`CALL-${later.id}`).waitFor();
	const id = await link.getAttribute('id');
	expect(await page.evaluate('document.activeElement.id')).toBe(id);
	expect(await page.evaluate('window.spoken')).toEqual([]);
	await confirm.click();
	await page.getByText('2 events discarded.').waitFor();
});

test('says at the top that a target is down, with no event on its way, and that it is back', async () => {
	await page.goto('/');
	await page.getByText('Ready since').waitFor();
	await target.server.stop();
	await page.getByText(/^Nothing answers at http:\/\/127\.0\.0\.1:\d+\./).waitFor();
	await target.server.listen();
	await page.getByText('Ready since').waitFor();
});

test('a time is typed in the browser’s own zone', async () => {
	const visitor = await browser.newContext({
		...{ baseURL: running.page, locale: 'en-US', timezoneId: 'Asia/Tokyo' },
	});
	const opened = await signIn(visitor);
	await opened.getByText('(UTC)').first().waitFor({ state: 'detached' });
	const typed = '2026-01-01T09:00';
	await opened.getByLabel('From').fill(typed);
	await opened.getByRole('button', { name: 'Search' }).click();
	await opened.waitForURL(/from=2026-01-01T00%3A00%3A00.000Z/);
	expect(await opened.getByLabel('From').inputValue()).toBe(typed);
	await visitor.close();
});

test('an event is one line, and the list begins on the first screen', async () => {
	const long = sampleOf('alert.triggered');
	long.data.call_id = 'CALL-'.padEnd(200, '長');
	await deliver(running.inbox.url, SECRET, JSON.stringify(long));
	await page.setViewportSize({ width: 1280, height: 800 });
	await page.goto('/');
	const heights = await page.evaluate<number[]>(
		'[...document.querySelectorAll("tbody tr")].map((row) => row.getBoundingClientRect().height)',
	);
	expect(Math.max(...heights)).toBeLessThan(50);
	const box = await page.locator('tbody tr').first().boundingBox();
	expect(box?.y).toBeLessThan(700);
});

test.each([360, 1440])('fits a screen that is %i wide', async (width) => {
	await page.setViewportSize({ width, height: 900 });
	for (const path of ['/', await page.locator('tbody a').first().getAttribute('href')]) {
		await page.goto(path ?? '/');
		const excess = await page.evaluate<number>(
			'document.documentElement.scrollWidth - document.documentElement.clientWidth',
		);
		expect(excess).toBe(0);
		await page.goto('/');
	}
});
