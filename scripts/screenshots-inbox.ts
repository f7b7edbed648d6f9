import type { Browser, Page } from 'playwright-core';

import { startInbox } from '../harness/inbox';
import { sampleOf } from '../harness/koeiq/samples';
import { deliver } from '../harness/koeiq/sender';
import { freePort } from '../harness/ports';
import { StandIn } from '../harness/stand-in';

const SECRET = 'the-secret-of-the-pictures';
const PASSWORD = 'the-password-of-the-pictures';

/** The inbox's page with a few events: one that its workflow refuses, one that a URL has just been sent. */
export async function takeInbox(
	browser: Browser,
	save: (page: Page, name: string) => Promise<void>,
): Promise<void> {
	await using n8n = await startTarget();
	const port = await freePort();
	await using inbox = await startInbox({
		env: {
			INBOX_WEBHOOK_SECRET: SECRET,
			INBOX_FORWARD_TO: `${n8n.url}/webhook/5d1c2c1e-7f0a-4c1b-9a57-2f1f6f3c8a11/koeiq`,
			INBOX_RETRY_PAUSES: '0',
			INBOX_ADMIN_PORT: String(port),
			INBOX_PAGE_PASSWORD: PASSWORD,
		},
	});
	for (const event of events()) await deliver(inbox.url, SECRET, JSON.stringify(event));
	const context = await browser.newContext({
		baseURL: `http://127.0.0.1:${port}`,
		viewport: { width: 1280, height: 900 },
		locale: 'en-US',
	});
	const page = await context.newPage();
	await page.goto('/');
	await page.locator('#password').fill(PASSWORD);
	await page.keyboard.press('Enter');
	await page.getByText('Send 1 parked event again').waitFor();
	await save(page, 'inbox-page');

	await page.getByRole('link', { name: 'alert.triggered' }).click();
	await page
		.locator('[name="url"]')
		.fill(`${n8n.url}/webhook-test/5d1c2c1e-7f0a-4c1b-9a57-2f1f6f3c8a11/koeiq`);
	await page.getByRole('button', { name: 'Send to URL' }).click();
	await page.getByText('The URL answered 200').waitFor();
	const height = await page.evaluate<number>('document.documentElement.scrollHeight');
	await page.setViewportSize({ width: 1280, height });
	await save(page, 'inbox-event');
	await context.close();
}

/** Four calls, each with its transcription and its analytics; an alert for the last. */
function events(): object[] {
	const calls = [1, 2, 3, 4].map((number) => ({
		call_id: `CALL-20260317-00${number}`,
		voicelog_id: `vl_000${number}`,
	}));
	const of = (event: 'transcription.completed' | 'analytics.completed' | 'alert.triggered') =>
		calls.map((call) => {
			const sample = sampleOf(event);
			return { ...sample, data: { ...sample.data, ...call } };
		});
	return [
		...of('transcription.completed'),
		...of('analytics.completed'),
		...of('alert.triggered').slice(3),
	];
}

/** Stands for n8n, where the workflow fails for the one alert. */
async function startTarget(): Promise<StandIn> {
	return await StandIn.start(({ method, path, body }) => {
		if (method === 'GET') return { body: '{"ready":true}' };
		const isRefused = body.includes('alert.triggered') && !path.includes('webhook-test');
		return isRefused ? { status: 500, body: '{"message":"Error in workflow"}' } : { body: '' };
	});
}
