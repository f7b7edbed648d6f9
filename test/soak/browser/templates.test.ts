import { template, templateFile, TEMPLATES } from '../../../harness/templates';
import { TRIGGER } from '../../../harness/trigger';
import { poll } from '../../../harness/wait';
import {
	asFile,
	byTestId,
	canvasNode,
	closePanel,
	Editor,
	executeWorkflow,
	findKoeIq,
	LOAD_MILLISECONDS,
	openPanel,
	warnings,
} from '../../browser/support/editor';
import { disposedAfterAll } from '../../support/disposed';

/* The KoeIQ node and the templates in n8n's own editor, as somebody finds, imports and tries them. */

let editor: Editor;
const started = disposedAfterAll();

beforeAll(async () => {
	editor = await started(Editor.open());
}, LOAD_MILLISECONDS);

test('the node creator finds the KoeIQ node by what people type, with the trigger under one name', async () => {
	const page = await editor.openNodeCreator();
	for (const words of ['call recording', 'upload', '録音', 'koeiq']) {
		await (await findKoeIq(page, 'nothing of the kind')).waitFor({ state: 'hidden' });
		await (await findKoeIq(page, words)).waitFor();
	}
	await (await findKoeIq(page, 'koeiq')).click();
	await page.getByText('On new KoeIQ event').waitFor();
	await page.getByText(/Actions \(\d+\)/).click();
	await page.getByText('Upload a recording').waitFor();
});

test.each(TEMPLATES)('%s imports without a warning', async (name) => {
	const page = await editor.import(templateFile(name));
	for (const { name: node, type } of template(name).nodes) {
		if (type !== 'n8n-nodes-base.stickyNote') await canvasNode(page, node).waitFor();
	}
	expect(await warnings(page)).toEqual([]);
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

test('the samples of a template run all four branches at once, and one step before any event has come', async () => {
	const page = await editor.import(templateFile('one-branch-per-event'));
	await canvasNode(page, TRIGGER).waitFor();
	await executeWorkflow(page);
	for (const name of ['Transcription ready', 'Analytics ready', 'Alert raised', 'Anything else']) {
		const success = '[data-test-id="canvas-node-status-success"]';
		await canvasNode(page, name).locator(success).waitFor();
	}
	await openPanel(page, 'Alert raised');
	await byTestId(page, 'node-execute-button').click();
	await byTestId(page, 'output-panel').getByText('Low Quality Score').first().waitFor();
	await closePanel(page);
});
