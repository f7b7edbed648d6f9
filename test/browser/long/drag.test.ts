import { randomUUID } from 'node:crypto';

import { template } from '../../../harness/templates';
import { endedAfterAll } from '../../support/opened';
import { asFile, byTestId, Editor, LOAD_MILLISECONDS, openPanel } from '../support/editor';

let editor: Editor;

const opened = endedAfterAll();

beforeAll(async () => {
	editor = await opened(Editor.open());
}, LOAD_MILLISECONDS);

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
	const page = await editor.import(asFile(workflow));
	await openPanel(page, next);

	const field = byTestId(page, 'ndv-input-panel').getByText('actual_value', { exact: true });
	await field.first().hover();
	await page.mouse.down();
	const target = byTestId(page, 'assignment-collection-drop-area').first();
	// Step by step, as a hand does: the editor takes it for a drag then.
	await target.hover();
	await target.hover({ position: { x: 10, y: 10 } });
	await page.mouse.up();
	await page.getByText('$json.data.actual_value').first().waitFor();
});
