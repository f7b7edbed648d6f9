import type { Browser, BrowserContext, Locator, Page } from 'playwright-core';

import { openBrowser, signIn } from '../../../harness/browser';
import { deliver, type Answer } from '../../../harness/koeiq/sender';
import { sampleOf } from '../../../harness/koeiq/samples';
import { N8N_URL } from '../../e2e/support/start';

export const SECRET = 'the-secret-that-koeiq-signs-with';

const ALERT = JSON.stringify(sampleOf('alert.triggered'));

/** A browser for one file of tests; `close` it after the last. */
export class Editor {
	private constructor(
		private readonly browser: Browser,
		readonly context: BrowserContext,
	) {}

	/** On the n8n that the test run has started, or on another. */
	static async open(url = process.env[N8N_URL] ?? ''): Promise<Editor> {
		const browser = await openBrowser();
		return new Editor(browser, await signIn(browser, url));
	}

	async visit(path: string): Promise<Page> {
		const page = await this.context.newPage();
		page.setDefaultTimeout(30_000);
		await page.goto(path);
		return page;
	}

	async close(): Promise<void> {
		await this.browser.close();
	}
}

export function byTestId(page: Page, id: string): Locator {
	return page.locator(`[data-test-id="${id}"]`);
}

export function canvasNode(page: Page, name: string): Locator {
	return page.locator(`[data-test-id="canvas-node"][data-node-name="${name}"]`);
}

/** In the open panel of the trigger: listens, and sends an alert to the Test URL that stands there. */
export async function receiveAlert(page: Page): Promise<Answer> {
	await page.getByText('Webhook URLs', { exact: true }).click();
	await byTestId(page, 'node-execute-button').click();
	const url = page.getByText('/webhook-test/').first();
	return await sendAlert(page, (await url.innerText()).trim());
}

/** As KoeIQ would; n8n answers 404 until it listens. */
export async function sendAlert(page: Page, url: string): Promise<Answer> {
	for (let attempt = 1; ; attempt++) {
		const answer = await deliver(url, SECRET, ALERT);
		if (answer.status !== 404 || attempt === 50) return answer;
		await page.waitForTimeout(100);
	}
}
