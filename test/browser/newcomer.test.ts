import type { Browser, BrowserContext, Locator, Page } from 'playwright-core';

import { openBrowser, signIn } from '../../host/browser';
import { deliver, type Answer } from '../../host/koeiq';
import { EVENTS } from '../../nodes/KoeIq/core/events';
import { N8N_URL } from '../e2e/support/start';

/* What somebody does who has just installed the package, in n8n's own editor. */

const SECRET = 'the-secret-that-koeiq-signs-with';
const ALERT = EVENTS.find(({ name }) => name === 'alert.triggered');

let browser: Browser;
let context: BrowserContext;
let page: Page;

beforeAll(async () => {
	browser = await openBrowser();
	context = await signIn(browser, process.env[N8N_URL] ?? '');
});

afterAll(async () => {
	await browser.close();
});

async function openNodeCreator(): Promise<void> {
	page = await context.newPage();
	page.setDefaultTimeout(30_000);
	await page.goto('/workflow/new');
	await byTestId('canvas-add-button').click();
}

const byTestId = (id: string): Locator => page.locator(`[data-test-id="${id}"]`);

async function find(words: string): Promise<Locator> {
	await byTestId('node-creator-search-bar').fill(words);
	return byTestId('node-creator-item-name').filter({ hasText: 'KoeIQ' }).first();
}

describe('the node creator', () => {
	beforeAll(openNodeCreator);

	test.each(['call center', 'transcript', '文字起こし', '音声', 'koeiq'])(
		'finds the trigger by what people type: %s',
		async (words) => {
			await (await find('nothing of the kind')).waitFor({ state: 'hidden' });
			await (await find(words)).waitFor();
		},
	);
});

test('adds the trigger, makes the credential, and sees a first event', async () => {
	await openNodeCreator();
	await (await find('koeiq')).click();
	await page.getByText('On alert triggered').click();

	await page.getByText('Connect to KoeIQ Webhook').click();
	const secret = byTestId('parameter-input-webhookSecret').locator('input:visible');
	await secret.fill('short');
	await byTestId('credential-save-button').click();
	await page.getByText('More details').click();
	await page.getByText('The webhook secret has only 5 characters').first().waitFor();

	await secret.fill(SECRET);
	await byTestId('credential-save-button').click();
	// n8n closes the form by itself where the test has passed.
	await page.getByText('Credential saved').waitFor();
	await byTestId('editCredential-modal').waitFor({ state: 'hidden' });

	await page.getByText('Webhook URLs', { exact: true }).click();
	// KoeIQ would be given this URL.
	const url = (await page.getByText('/webhook-test/').first().innerText()).trim();
	await byTestId('node-execute-button').click();
	expect(await deliverUntilHeard(url)).toEqual({ status: 200, body: '' });

	const output = byTestId('output-panel');
	await output.getByText('Alert Branch (1 item)').click();
	await output.getByText('Low Quality Score').first().waitFor();
	await output.getByText('signed_with').first().waitFor();
});

/** n8n answers 404 until it listens. */
async function deliverUntilHeard(url: string): Promise<Answer> {
	for (let attempt = 1; ; attempt++) {
		const answer = await deliver(url, SECRET, JSON.stringify(ALERT?.sample));
		if (answer.status !== 404 || attempt === 50) return answer;
		await page.waitForTimeout(100);
	}
}
