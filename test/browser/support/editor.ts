import { randomUUID } from 'node:crypto';

import type {
	Browser,
	BrowserContext,
	BrowserContextOptions,
	Locator,
	Page,
} from 'playwright-core';

import { openBrowser, signIn } from '../../../harness/browser';
import { AsyncDisposableStack } from '../../../harness/disposal';
import { deliver, type Answer } from '../../../harness/koeiq/sender';
import { sampleOf } from '../../../harness/koeiq/samples';
import { poll } from '../../../harness/wait';
import type { Workflow, WorkflowNode } from '../../../harness/workflow';
import { N8N_URL } from '../../e2e/support/start';
import { n8nUnderTest } from '../../e2e/support/trigger';

export const SECRET = 'the-secret-that-koeiq-signs-with';

const ALERT = JSON.stringify(sampleOf('alert.triggered'));

/** To load the editor takes half a minute where a browser draws without a graphics card, and more on a busy machine. */
export const LOAD_MILLISECONDS = 120_000;

/** A browser for one file of tests, with one window. */
export class Editor implements AsyncDisposable {
	private constructor(
		private readonly browser: Browser,
		readonly context: BrowserContext,
		private readonly page: Page,
		private path = '/home/workflows',
	) {}

	/** On the n8n that the test run has started, or on another. It loads the editor, once. */
	static async open(
		url = process.env[N8N_URL] ?? '',
		options: BrowserContextOptions = {},
	): Promise<Editor> {
		await using opening = new AsyncDisposableStack();
		const browser = opening.use(await openBrowser());
		const context = await signIn(browser, url, options);
		const page = await context.newPage();
		page.setDefaultTimeout(LOAD_MILLISECONDS);
		await page.goto('/home/workflows', { waitUntil: 'commit' });
		const list = page.getByText('Build a workflow').or(byTestId(page, 'add-resource-workflow'));
		await list.first().waitFor();
		const editor = new Editor(browser, context, page);
		// n8n asks if it has not saved a change yet, and then stays where it is.
		const leave = page.getByRole('button', { name: 'Leave without saving' });
		await page.addLocatorHandler(leave, async () => {
			await leave.click();
			await leave.waitFor({ state: 'hidden' });
			await editor.visit(editor.path);
		});
		opening.move();
		return editor;
	}

	/** Moves within the editor as with Back: in a tenth of the time that it takes to load. Wait for what is to be there. */
	async visit(path: string): Promise<Page> {
		this.path = path;
		const move = `history.pushState(null, '', '${path}'); dispatchEvent(new PopStateEvent('popstate'))`;
		await this.page.evaluate(move);
		return this.page;
	}

	/** The node creator, on an empty canvas. */
	async openNodeCreator(): Promise<Page> {
		const page = await this.visit('/workflow/new');
		await byTestId(page, 'canvas-add-button').click();
		return page;
	}

	/** A canvas of nodes of one kind, none of them connected, by name: what is particular to each is its parameters. */
	async visitNodes(
		kind: Pick<WorkflowNode, 'type' | 'typeVersion' | 'credentials'>,
		parameters: Record<string, WorkflowNode['parameters']>,
	): Promise<{ page: Page; workflowId: string }> {
		const nodes = Object.entries(parameters).map(([name, parameters], index) => ({
			...{ ...kind, id: randomUUID(), name, parameters, webhookId: randomUUID() },
			position: [0, 300 * index] as [number, number],
		}));
		const n8n = await n8nUnderTest();
		const workflow = { name: `Nodes of the type ${kind.type}`, nodes, connections: {} };
		const workflowId = await n8n.createWorkflow(workflow);
		const page = await this.visit(`/workflow/${workflowId}`);
		for (const { name } of nodes) await canvasNode(page, name).waitFor();
		return { page, workflowId };
	}

	/** Import from File, as somebody does who has downloaded a template. */
	async import(file: Parameters<Locator['setInputFiles']>[0]): Promise<Page> {
		const page = await this.visit('/workflow/new');
		await byTestId(page, 'canvas-add-button').waitFor();
		await byTestId(page, 'workflow-import-input').setInputFiles(file);
		return page;
	}

	async [Symbol.asyncDispose](): Promise<void> {
		await this.browser.close();
	}
}

export function byTestId(page: Page, id: string): Locator {
	return page.locator(`[data-test-id="${id}"]`);
}

export function canvasNode(page: Page, name: string): Locator {
	return page.locator(`[data-test-id="canvas-node"][data-node-name="${name}"]`);
}

/** What the open node creator offers of KoeIQ for these words. */
export async function findKoeIq(page: Page, words: string): Promise<Locator> {
	await byTestId(page, 'node-creator-search-bar').fill(words);
	return byTestId(page, 'node-creator-item-name').filter({ hasText: 'KoeIQ' }).first();
}

/** For {@link Editor.import}. */
export function asFile(workflow: Workflow) {
	const buffer = Buffer.from(JSON.stringify(workflow));
	return { name: 'workflow.json', mimeType: 'application/json', buffer };
}

/** Opens a node's panel from the canvas. */
export async function openPanel(page: Page, node: string): Promise<void> {
	await canvasNode(page, node).dblclick();
	await byTestId(page, 'output-panel').waitFor();
}

/** Back to the canvas; does nothing if no panel is open. */
export async function closePanel(page: Page): Promise<void> {
	const close = byTestId(page, 'ndv-close-button');
	if (await close.isVisible()) await close.click();
	await close.waitFor({ state: 'hidden' });
}

/** Execute workflow, from the canvas. */
export async function executeWorkflow(page: Page): Promise<void> {
	await byTestId(page, 'execute-workflow-button').click();
	const message = page.locator('.el-notification', { hasText: 'Workflow executed successfully' });
	await message.waitFor();
	// It goes by itself, too, be it under the pointer.
	await message
		.locator('.el-notification__closeBtn')
		.click({ timeout: 5_000 })
		.catch(() => {});
	await message.waitFor({ state: 'hidden' });
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
	return await sendAlert((await url.innerText()).trim());
}

/** As KoeIQ would; n8n answers 404 until it listens. */
export async function sendAlert(url: string, secret = SECRET, payload = ALERT): Promise<Answer> {
	let answer = await deliver(url, secret, payload);
	await poll(`n8n to listen at ${url}`, 60_000, async () => {
		if (answer.status === 404) answer = await deliver(url, secret, payload);
		return answer.status !== 404;
	});
	return answer;
}
