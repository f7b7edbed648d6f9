import type { Locator, Page } from 'playwright-core';

import { sampleOf } from '../../../harness/koeiq/samples';
import { deliver } from '../../../harness/koeiq/sender';
import { RECEIVERS, template, templateFile, TEMPLATES } from '../../../harness/templates';
import { CREDENTIAL, NEXT, TRIGGER, TRIGGER_TYPE, triggerWorkflow } from '../../../harness/trigger';
import { poll, waitForWebhook } from '../../../harness/wait';
import { nodeOf, type Workflow } from '../../../harness/workflow';
import { n8nUnderTest } from '../../e2e/support/trigger';
import { disposedAfterAll } from '../../support/disposed';
import {
	asFile,
	byTestId,
	canvasNode,
	closePanel,
	Editor,
	executeWorkflow,
	LOAD_MILLISECONDS,
	openPanel,
	publish,
	SECRET,
	warnings,
} from '../../browser/support/editor';

/* Import from File, as somebody does who has downloaded a template, and what runs before any event has come. */

let editor: Editor;
/** By type: what a user chooses in the nodes. */
const credentials: Record<string, { id: string; name: string }> = {};

const started = disposedAfterAll();

beforeAll(async () => {
	const n8n = await n8nUnderTest();
	for (const [type, data] of Object.entries({
		[CREDENTIAL]: { webhookSecret: SECRET },
		koeIqApi: { apiKey: 'a-key-that-nothing-is-asked-with' },
	})) {
		// An editor that is open does not see what is made beside it.
		credentials[type] = { id: await n8n.createCredential(type, data), name: type };
	}
	editor = await started(Editor.open());
}, LOAD_MILLISECONDS);

/** Whether a node of the canvas has run. */
function success(page: Page, node: string): Locator {
	return canvasNode(page, node).locator('[data-test-id="canvas-node-status-success"]');
}

test.each(TEMPLATES)('%s imports in the editor without a warning', async (name) => {
	const { nodes } = template(name);
	const page = await editor.import(templateFile(name));

	for (const { name } of nodes.filter(({ type }) => type !== 'n8n-nodes-base.stickyNote')) {
		await canvasNode(page, name).waitFor();
	}
	expect(await warnings(page)).toEqual([]);
});

test.each(RECEIVERS)(
	'%s, imported twice, has two URLs, and both are published',
	async (name) => {
		const n8n = await n8nUnderTest();
		const urls: string[] = [];
		for (let copy = 1; copy <= 2; copy++) {
			const page = await editor.import(asFile(await withItsChoices(name)));
			await canvasNode(page, TRIGGER).waitFor();
			// n8n takes this out of the address when it has saved the workflow.
			await page.waitForURL((url) => /\/workflow\/\w+$/.test(url.href));
			await publish(page);
			const id = new URL(page.url()).pathname.split('/').at(-1) ?? '';
			const { webhookId } = nodeOf(await n8n.workflow(id), TRIGGER);
			urls.push(`${n8n.webhooks}/webhook/${webhookId}/koeiq`);
		}
		expect(new Set(urls).size).toBe(2);
		for (const url of urls) {
			await waitForWebhook(url);
			expect((await deliver(url, SECRET, '{"event":"test.ping"}')).status).toBe(200);
		}
	},
	LOAD_MILLISECONDS,
);

/** A template with what a user chooses in the editor before it can be published. */
async function withItsChoices(name: string): Promise<Workflow> {
	const n8n = await n8nUnderTest();
	const workflow = template(name);
	for (const node of workflow.nodes) {
		const type = { [TRIGGER_TYPE]: CREDENTIAL, 'n8n-nodes-koeiq.koeIq': 'koeIqApi' }[node.type];
		const chosen = credentials[type ?? ''];
		if (type !== undefined && chosen !== undefined) node.credentials = { [type]: chosen };
		if (node.type === 'n8n-nodes-base.executeWorkflow') {
			const value = await n8n.createWorkflow(template('a-team'));
			await n8n.activate(value);
			node.parameters.workflowId = { __rl: true, mode: 'id', value };
		}
	}
	return workflow;
}

test('the samples of a template run all four branches at once', async () => {
	const page = await editor.import(templateFile('one-branch-per-event'));
	await canvasNode(page, TRIGGER).waitFor();
	await executeWorkflow(page);
	for (const name of ['Transcription ready', 'Analytics ready', 'Alert raised', 'Anything else']) {
		await success(page, name).waitFor();
	}
});

test('Execute step works before the first event has come', async () => {
	const page = await editor.import(templateFile('one-branch-per-event'));
	await openPanel(page, 'Alert raised');
	await byTestId(page, 'node-execute-button').click();
	await byTestId(page, 'output-panel').getByText('Low Quality Score').first().waitFor();
	await closePanel(page);
});

test('n8n lets a pinned alert leave through the first of four outputs, as the panel warns', async () => {
	const workflow = triggerWorkflow({ parameters: { outputMode: 'perEvent' } });
	workflow.pinData = { [TRIGGER]: [{ json: sampleOf('alert.triggered') }] };
	const page = await editor.import(asFile(workflow));
	await canvasNode(page, TRIGGER).waitFor();
	await executeWorkflow(page);
	// Once n8n has mended this, the panel's texts and the template can change.
	await success(page, `${NEXT} Transcription`).waitFor();
	expect(await success(page, `${NEXT} Alert`).count()).toBe(0);
});

test('an import of a node that n8n does not know shows a warning', async () => {
	const workflow = template('a-team');
	for (const node of workflow.nodes) {
		if (node.type === 'n8n-nodes-base.noOp') node.type = 'n8n-nodes-nowhere.nothing';
	}
	const page = await editor.import(asFile(workflow));
	await byTestId(page, 'canvas-node').first().waitFor();
	await poll('the warning', 10_000, async () => (await warnings(page)).length > 0);
});
