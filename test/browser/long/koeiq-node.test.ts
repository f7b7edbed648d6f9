import { randomUUID } from 'node:crypto';

import type { Page } from 'playwright-core';

import { n8nUnderTest } from '../../e2e/support/trigger';
import { byTestId, canvasNode, Editor } from '../support/editor';

/* The KoeIQ node in n8n's own editor. */

let editor: Editor;

beforeAll(async () => {
	editor = await Editor.open();
});

afterAll(async () => {
	await editor.close();
});

async function openNode(parameters: Record<string, unknown> = {}): Promise<Page> {
	const n8n = await n8nUnderTest();
	const id = randomUUID();
	const workflowId = await n8n.createWorkflow({
		name: `KoeIQ ${id}`,
		nodes: [
			{
				id,
				name: 'KoeIQ',
				type: 'n8n-nodes-koeiq.koeIq',
				typeVersion: 1,
				position: [0, 0],
				parameters,
			},
		],
		connections: {},
	});
	const page = await editor.visit(`/workflow/${workflowId}`);
	await canvasNode(page, 'KoeIQ').dblclick();
	await byTestId(page, 'parameter-input-callId').waitFor();
	return page;
}

test.each(['koeiq', 'call recording', 'upload', '録音'])(
	'the node creator finds it by what people type: %s',
	async (words) => {
		const page = await editor.visit('/workflow/new');
		await byTestId(page, 'canvas-add-button').click();
		await byTestId(page, 'node-creator-search-bar').fill(words);
		await byTestId(page, 'node-creator-item-name').filter({ hasText: 'KoeIQ' }).first().waitFor();
		await page.close();
	},
);

test('the node creator offers the trigger and the action under one name', async () => {
	const page = await editor.visit('/workflow/new');
	await byTestId(page, 'canvas-add-button').click();
	await byTestId(page, 'node-creator-search-bar').fill('koeiq');
	await byTestId(page, 'node-creator-item-name').filter({ hasText: 'KoeIQ' }).first().click();
	await page.getByText('Actions (1)').click();
	await page.getByText('Upload a recording').waitFor();
	await page.close();
});

test('the panel says what a Call ID is for, and which field comes back where', async () => {
	const page = await openNode({
		additionalFields: {
			language: 'ja-JP',
			operatorId: 'OP001',
			customerId: '',
			department: '',
			callDate: '2026-03-16T09:30:00',
		},
		options: { onDuplicate: 'continue' },
	});
	await page.getByText('makes a repeat safe').waitFor();
	await page.close();
});

test('a language that is not in the list is kept', async () => {
	const page = await openNode({ additionalFields: { language: 'zh-CN' } });
	expect(await page.getByText('not supported').count()).toBe(0);
	await page.close();
});
