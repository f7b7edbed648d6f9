import { randomUUID } from 'node:crypto';

import type { Page } from 'playwright-core';

import { template, templateFile, TEMPLATES } from '../../harness/templates';
import { byTestId, canvasNode, Editor } from './support/editor';

/* Import from File, as somebody does who has downloaded a template. */

let editor: Editor;

beforeAll(async () => {
	editor = await Editor.open();
});

afterAll(async () => {
	await editor.close();
});

test.each(TEMPLATES)('%s imports in the editor without a warning', async (name) => {
	const { nodes } = template(name);
	const page = await importWorkflow(templateFile(name));

	for (const { name } of nodes.filter(({ type }) => type !== 'n8n-nodes-base.stickyNote')) {
		await canvasNode(page, name).waitFor();
	}
	expect(await warnings(page)).toEqual([]);
	await page.close();
});

test('an import of a node that n8n does not know shows a warning', async () => {
	const unknown = JSON.stringify(template('a-team')).replace(
		'n8n-nodes-base.noOp',
		'n8n-nodes-nowhere.nothing',
	);
	const page = await importWorkflow({
		name: 'unknown.json',
		mimeType: 'application/json',
		buffer: Buffer.from(unknown),
	});
	await byTestId(page, 'canvas-node').first().waitFor();
	expect(await warnings(page)).not.toEqual([]);
	await page.close();
});

test('a field of a sample can be dragged into the next node before the first event has come', async () => {
	const workflow = template('one-branch-per-event');
	const next = 'What to say';
	workflow.nodes.push({
		id: randomUUID(),
		name: next,
		type: 'n8n-nodes-base.set',
		typeVersion: 3.4,
		position: [800, 112],
		parameters: { options: {} },
	});
	workflow.connections['Alert raised'] = { main: [[{ node: next, type: 'main', index: 0 }]] };
	const page = await importWorkflow({
		name: 'samples.json',
		mimeType: 'application/json',
		buffer: Buffer.from(JSON.stringify(workflow)),
	});
	await canvasNode(page, next).dblclick();

	const field = byTestId(page, 'ndv-input-panel').getByText('actual_value', { exact: true });
	await field.first().hover();
	await page.mouse.down();
	const target = byTestId(page, 'assignment-collection-drop-area').first();
	// Step by step, as a hand does: the editor takes it for a drag then.
	await target.hover();
	await target.hover({ position: { x: 10, y: 10 } });
	await page.mouse.up();
	await page.getByText('$json.data.actual_value').first().waitFor();
	await page.close();
});

type Upload = Parameters<ReturnType<Page['locator']>['setInputFiles']>[0];

async function importWorkflow(file: Upload): Promise<Page> {
	const page = await editor.visit('/workflow/new');
	await byTestId(page, 'canvas-add-button').waitFor();
	await byTestId(page, 'workflow-import-input').setInputFiles(file);
	return page;
}

/** Messages that pop up, but for those that only inform, and nodes that n8n would have to install. */
async function warnings(page: Page): Promise<string[]> {
	await page.waitForTimeout(500);
	// n8n informs that it has put a credential in, where it has one of that type.
	const harmless = ':is(.el-notification--info, .el-notification--success)';
	const signs = `.el-notification:not(:has(${harmless})), .el-message-box, [data-test-id="node-not-installed"]`;
	return await page.locator(signs).allInnerTexts();
}
