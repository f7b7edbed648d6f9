import { template, templateFile } from '../../harness/templates';
import { endedAfterAll } from '../support/opened';
import { byTestId, canvasNode, Editor, warnings } from './support/editor';

/* Import from File: one template, and what n8n shows if it does not know a node. long/ has all of them. */

let editor: Editor;

const opened = endedAfterAll();

beforeAll(async () => {
	editor = await opened(Editor.open());
});

test('a template imports in the editor without a warning', async () => {
	const page = await editor.import(templateFile('one-branch-per-event'));
	await canvasNode(page, 'KoeIQ Trigger').waitFor();
	expect(await warnings(page)).toEqual([]);
	await page.close();
});

test('an import of a node that n8n does not know shows a warning', async () => {
	const unknown = JSON.stringify(template('a-team')).replace(
		'n8n-nodes-base.noOp',
		'n8n-nodes-nowhere.nothing',
	);
	const page = await editor.import({
		name: 'unknown.json',
		mimeType: 'application/json',
		buffer: Buffer.from(unknown),
	});
	await byTestId(page, 'canvas-node').first().waitFor();
	expect(await warnings(page)).not.toEqual([]);
	await page.close();
});
