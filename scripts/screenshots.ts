import { mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

import type { BrowserContext, Page } from 'playwright-core';

import { openBrowser, signIn } from '../harness/browser';
import { sampleOf } from '../harness/koeiq/samples';
import { deliver } from '../harness/koeiq/sender';
import { startN8n, type StartedN8n } from '../harness/n8n';
import { HarnessError, toStandardError } from '../harness/report';
import { template, templateFile, TEMPLATES } from '../harness/templates';
import { CREDENTIAL, TRIGGER } from '../harness/trigger';
import { poll } from '../harness/wait';
import { nodeOf } from '../harness/workflow';
import { takeInbox } from './screenshots-inbox';

const PICTURES = join(__dirname, '../docs/images');
const MOST_BYTES = 300_000;
const SECRET = 'the-secret-of-the-pictures';

main().catch((error: unknown) => {
	toStandardError(error instanceof HarnessError ? error.message : String(error));
	process.exit(1);
});

async function main(): Promise<void> {
	mkdirSync(PICTURES, { recursive: true });
	const n8n = await startN8n();
	const browser = await openBrowser();
	try {
		const context = await signIn(browser, n8n.url, { width: 1280, height: 760 });
		for (const name of TEMPLATES) {
			const page = await importTemplate(context, templateFile(name));
			await save(page, `example-${name}`);
			await page.close();
		}
		await takeEditor(context, n8n);
		await takeInbox(browser, save);
	} finally {
		await browser.close();
		await n8n.stop();
	}
}

/** The node creator, the trigger's panel, the credential's form, and an event that has arrived. */
async function takeEditor(context: BrowserContext, n8n: StartedN8n): Promise<void> {
	const creator = await context.newPage();
	await creator.goto('/workflow/new');
	await creator.locator('[data-test-id="canvas-add-button"]').click();
	await creator.locator('[data-test-id="node-creator-search-bar"]').fill('call center');
	await creator.locator('[data-test-id="node-creator-item-name"]', { hasText: 'KoeIQ' }).click();
	await creator.getByText('On new KoeIQ event').waitFor();
	await save(creator, 'node-creator');
	await creator.getByText('On new KoeIQ event').click();
	await creator.getByText('Connect to KoeIQ Webhook').click();
	await creator.locator('[data-test-id="parameter-input-webhookSecret"]').waitFor();
	await save(creator, 'credential');
	await creator.close();

	const name = 'KoeIQ Webhook account';
	const secrets = { webhookSecret: SECRET };
	const id = await n8n.client.createCredential(CREDENTIAL, secrets, name);
	const workflow = template('one-branch-per-event');
	nodeOf(workflow, TRIGGER).credentials = { [CREDENTIAL]: { id, name } };
	const workflowId = await n8n.client.createWorkflow(workflow);

	const page = await openWorkflow(context, workflowId);
	await page.locator('[data-test-id="canvas-node"][data-node-name="KoeIQ Trigger"]').dblclick();
	await page.getByText('Webhook URLs', { exact: true }).click();
	await save(page, 'panel');

	const url = (await page.getByText('/webhook-test/').first().innerText()).trim();
	await page.locator('[data-test-id="node-execute-button"]').click();
	await poll('n8n to listen', 30_000, async () => {
		const { status } = await deliver(url, SECRET, JSON.stringify(sampleOf('alert.triggered')));
		return status === 200;
	});
	await page.locator('[data-test-id="output-panel"] [data-test-id="radio-button-schema"]').click();
	await save(page, 'event');
	await page.keyboard.press('Escape');
	await save(page, 'execution');
	await page.close();

	const chosen = template('one-branch-per-event');
	const trigger = nodeOf(chosen, TRIGGER);
	trigger.credentials = { [CREDENTIAL]: { id, name } };
	trigger.parameters.conditions = {
		number: [{ field: 'analytics.completed/quality_score', operation: 'lt', value: 60 }],
	};
	const panel = await openWorkflow(context, await n8n.client.createWorkflow(chosen));
	await panel.locator('[data-test-id="canvas-node"][data-node-name="KoeIQ Trigger"]').dblclick();
	await panel.getByText('Only Start If').first().scrollIntoViewIfNeeded();
	await save(panel, 'conditions');
	await panel.close();
}

async function importTemplate(context: BrowserContext, file: string): Promise<Page> {
	const page = await context.newPage();
	await page.goto('/workflow/new');
	await page.locator('[data-test-id="canvas-add-button"]').waitFor();
	await page.locator('[data-test-id="workflow-import-input"]').setInputFiles(file);
	return await fit(page);
}

async function openWorkflow(context: BrowserContext, workflowId: string): Promise<Page> {
	const page = await context.newPage();
	await page.goto(`/workflow/${workflowId}`);
	return await fit(page);
}

async function fit(page: Page): Promise<Page> {
	await page.locator('[data-test-id="canvas-node"]').first().waitFor();
	await page.locator('[data-test-id="zoom-to-fit"]').click();
	return page;
}

async function save(page: Page, name: string): Promise<void> {
	// The editor moves things into their place.
	await page.waitForTimeout(1_500);
	const path = join(PICTURES, `${name}.png`);
	await page.screenshot({ path });
	const { size } = statSync(path);
	if (size > MOST_BYTES)
		throw new HarnessError(`${name}.png has ${size} bytes; ${MOST_BYTES} at most.`);
	toStandardError(`  docs/images/${name}.png, ${Math.round(size / 1000)} KB`);
}
