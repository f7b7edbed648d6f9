import { mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

import type { Page } from 'playwright-core';

import { openBrowser } from '../harness/browser';
import { startN8n, type StartedN8n } from '../harness/n8n';
import { HarnessError, toStandardError } from '../harness/report';
import { template, templateFile, TEMPLATES } from '../harness/templates';
import { activateTrigger, CREDENTIAL, TRIGGER } from '../harness/trigger';
import { chain, node, nodeOf, type WorkflowNode } from '../harness/workflow';
import {
	byTestId,
	canvasNode,
	closePanel,
	Editor,
	executeWorkflow,
	openPanel,
	sendAlert,
} from '../test/browser/support/editor';
import { takeInbox } from './screenshots-inbox';

const PICTURES = join(__dirname, '../docs/images');
const MAX_BYTES = 300_000;
const SECRET = 'the-secret-of-the-pictures';
const SIZE = { width: 1280, height: 760 };
/** The template of the trigger's own pictures. */
const FIRST = 'one-branch-per-event';

/** `npm run screenshots -- ready inbox` makes some. */
const IN_N8N = {
	creator: takeCreator,
	templates: takeTemplates,
	trigger: takeTrigger,
	koeiq: takeKoeIq,
	ready: takeReady,
};

main(process.argv.slice(2)).catch((error: unknown) => {
	toStandardError(error instanceof HarnessError ? error.message : String(error));
	process.exit(1);
});

async function main(wanted: string[]): Promise<void> {
	const isWanted = (name: string) => wanted.length === 0 || wanted.includes(name);
	mkdirSync(PICTURES, { recursive: true });
	await using n8n = await startN8n();
	await using editor = await Editor.open(n8n.url);
	for (const [name, take] of Object.entries(IN_N8N)) {
		if (isWanted(name)) await take(editor, n8n);
	}
	if (!isWanted('inbox')) return;
	await using browser = await openBrowser();
	await takeInbox(browser, save);
}

/** The node creator with the trigger and the action, and the form of the trigger's credential. */
async function takeCreator(editor: Editor): Promise<void> {
	const page = await editor.visit('/workflow/new');
	await page.setViewportSize(SIZE);
	await byTestId(page, 'canvas-add-button').click();
	await byTestId(page, 'node-creator-search-bar').fill('call center');
	await byTestId(page, 'node-creator-item-name').filter({ hasText: 'KoeIQ' }).first().click();
	await page.getByText('Actions (1)').click();
	await page.getByText('Upload a recording').waitFor();
	await save(page, 'node-creator');

	await page.getByText('On new KoeIQ event').click();
	await page.getByText('Connect to KoeIQ Webhook').click();
	await byTestId(page, 'parameter-input-webhookSecret').waitFor();
	await save(page, 'credential');
	await page.keyboard.press('Escape');
	await byTestId(page, 'editCredential-modal').waitFor({ state: 'hidden' });
	await closePanel(page);
}

async function takeTemplates(editor: Editor): Promise<void> {
	for (const name of TEMPLATES) {
		const page = await editor.import(templateFile(name));
		await fit(page, template(name).nodes);
		await save(page, `example-${name}`);
		if (name === FIRST) {
			await executeWorkflow(page);
			await save(page, 'execution');
		}
	}
}

/** The trigger's panel, an alert that has arrived in it, and a condition. */
async function takeTrigger(editor: Editor, n8n: StartedN8n): Promise<void> {
	const name = 'KoeIQ Webhook account';
	const id = await n8n.client.createCredential(CREDENTIAL, { webhookSecret: SECRET }, name);
	const workflow = template(FIRST);
	const trigger = nodeOf(workflow, TRIGGER);
	trigger.credentials = { [CREDENTIAL]: { id, name } };
	const plain = await n8n.client.createWorkflow(workflow);
	const number = [{ field: 'analytics.completed/quality_score', operation: 'lt', value: 60 }];
	trigger.parameters.conditions = { number };
	const withCondition = await n8n.client.createWorkflow(workflow);

	const page = await editor.visit(`/workflow/${plain}`);
	await openPanel(page, TRIGGER);
	const panel = byTestId(page, 'node-parameters');
	await panel.getByText('Webhook URLs', { exact: true }).click();
	await save(page, 'panel');
	const url = (await page.getByText('/webhook-test/').first().innerText()).trim();
	await byTestId(page, 'node-execute-button').click();
	await sendAlert(url, SECRET);
	await byTestId(page, 'output-panel').locator('[data-test-id="radio-button-schema"]').click();
	await save(page, 'event');
	await closePanel(page);

	await editor.visit(`/workflow/${withCondition}`);
	await openPanel(page, TRIGGER);
	await byTestId(page, 'parameter-input-value').waitFor();
	await panel.getByText('Outputs', { exact: true }).first().scrollIntoViewIfNeeded();
	await save(page, 'conditions');
	await closePanel(page);
}

async function takeKoeIq(editor: Editor, n8n: StartedN8n): Promise<void> {
	const name = 'KoeIQ account';
	const values = { apiKey: 'koeiq_live_of-the-pictures', baseUrl: 'https://app.koeiq.com' };
	const id = await n8n.client.createCredential('koeIqApi', values, name);
	const parameters = {
		callId: 'CALL-20260317-001',
		additionalFields: { language: 'ja-JP', operatorId: 'OP001' },
	};
	const credentials = { koeIqApi: { id, name } };
	const koeIq = node('KoeIQ', 'n8n-nodes-koeiq.koeIq', 1, parameters, { credentials });
	const workflowId = await n8n.client.createWorkflow(chain('Recordings to KoeIQ', [koeIq]));
	const page = await editor.visit(`/workflow/${workflowId}`);
	await openPanel(page, 'KoeIQ');
	await save(page, 'koeiq-panel');
	await closePanel(page);
}

/** What a person sees who opens the Production URL in a browser. */
async function takeReady(editor: Editor, n8n: StartedN8n): Promise<void> {
	const credential = await n8n.client.createCredential(CREDENTIAL, { webhookSecret: SECRET });
	const { url } = await activateTrigger(n8n.client, template(FIRST), credential);
	const page = await editor.context.newPage();
	await page.setViewportSize({ width: 640, height: 120 });
	await page.goto(url);
	await page.getByText('"ready":true').waitFor();
	await save(page, 'ready');
}

/** Has all nodes on the canvas, as large as they fit. */
async function fit(page: Page, nodes: WorkflowNode[]): Promise<void> {
	for (const { name } of nodes.filter(({ type }) => type !== 'n8n-nodes-base.stickyNote')) {
		await canvasNode(page, name).waitFor();
	}
	await byTestId(page, 'zoom-to-fit').click();
	// What n8n has to say of an import.
	await page.locator('.el-notification').first().waitFor({ state: 'hidden' });
}

async function save(page: Page, name: string): Promise<void> {
	// The editor moves things into their place.
	await page.waitForTimeout(1_500);
	const path = join(PICTURES, `${name}.png`);
	await page.screenshot({ path });
	const { size } = statSync(path);
	if (size > MAX_BYTES)
		throw new HarnessError(`${name}.png has ${size} bytes; ${MAX_BYTES} at most.`);
	toStandardError(`  docs/images/${name}.png, ${Math.round(size / 1000)} KB`);
}
