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
		try {
			return new Editor(browser, await signIn(browser, url));
		} catch (error) {
			await browser.close();
			throw error;
		}
	}

	async visit(path: string): Promise<Page> {
		const page = await this.context.newPage();
		page.setDefaultTimeout(30_000);
		// Each test waits for what it looks for itself.
		await page.goto(path, { waitUntil: 'commit' });
		return page;
	}

	/** Import from File, as somebody does who has downloaded a template. */
	async import(file: Parameters<Locator['setInputFiles']>[0]): Promise<Page> {
		const page = await this.visit('/workflow/new');
		await byTestId(page, 'canvas-add-button').waitFor();
		await byTestId(page, 'workflow-import-input').setInputFiles(file);
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

/** Messages that pop up, but for those that only inform, and nodes that n8n would have to install. */
export async function warnings(page: Page): Promise<string[]> {
	await page.waitForTimeout(500);
	// n8n informs that it has put a credential in, where it has one of that type.
	const harmless = ':is(.el-notification--info, .el-notification--success)';
	const signs = `.el-notification:not(:has(${harmless})), .el-message-box, [data-test-id="node-not-installed"]`;
	return await page.locator(signs).allInnerTexts();
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
