import type { Locator, Page } from 'playwright-core';

import { sampleOf } from '../../../harness/koeiq/samples';
import { template, templateFile, TEMPLATES } from '../../../harness/templates';
import { NEXT, TRIGGER, triggerWorkflow } from '../../../harness/trigger';
import { poll } from '../../../harness/wait';
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
	warnings,
} from '../../browser/support/editor';

/* Import from File, as somebody does who has downloaded a template, and what runs before any event has come. */

let editor: Editor;
const started = disposedAfterAll();

beforeAll(async () => {
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
	await poll('the warning', 60_000, async () => (await warnings(page)).length > 0);
});
