import { randomUUID } from 'node:crypto';

import type { Page } from 'playwright-core';

import { LABELS, TRIGGER, TRIGGER_TYPE } from '../../harness/trigger';
import { n8nUnderTest } from '../e2e/support/trigger';
import { endedAfterAll } from '../support/opened';
import { byTestId, canvasNode, Editor, receiveAlert, SECRET } from './support/editor';

let editor: Editor;
let credential: { id: string; name: string };

const opened = endedAfterAll();

beforeAll(async () => {
	editor = await opened(Editor.open());
	const n8n = await n8nUnderTest();
	const id = await n8n.createCredential('koeIqWebhookApi', { webhookSecret: SECRET });
	credential = { id, name: 'of the browser tests' };
});

/** A workflow of the trigger alone, on the canvas. */
async function openTrigger(parameters: Record<string, unknown>): Promise<Page> {
	const n8n = await n8nUnderTest();
	const id = randomUUID();
	const workflowId = await n8n.createWorkflow({
		name: `Panel ${id}`,
		nodes: [
			{
				id,
				name: TRIGGER,
				type: TRIGGER_TYPE,
				typeVersion: 2,
				position: [0, 0],
				parameters,
				webhookId: id,
				credentials: { koeIqWebhookApi: credential },
			},
		],
		connections: {},
	});
	const page = await editor.visit(`/workflow/${workflowId}`);
	await canvasNode(page, TRIGGER).waitFor();
	return page;
}

/** How many pixels of an element's text do not show. */
function hiddenWidth({ scrollWidth, clientWidth }: { scrollWidth: number; clientWidth: number }) {
	return scrollWidth - clientWidth;
}

test('the canvas shows the whole label of each output', async () => {
	const page = await openTrigger({ outputMode: 'perEvent' });
	for (const label of LABELS) {
		const shown = canvasNode(page, TRIGGER).getByText(label, { exact: true }).first();
		expect(await shown.evaluate(hiddenWidth)).toBe(0);
	}
	await page.close();
});

test('an event can be pinned, as the panel says', async () => {
	const page = await openTrigger({});
	await canvasNode(page, TRIGGER).dblclick();
	expect(await receiveAlert(page)).toEqual({ status: 200, body: '' });
	await byTestId(page, 'output-panel').getByText('Low Quality Score').first().waitFor();
	await byTestId(page, 'output-panel').getByText('Pin this event').waitFor();
	await byTestId(page, 'ndv-pin-data').click();
	await page.getByText('This data is pinned').waitFor();
	await page.close();
});

test('with an output per event n8n offers no pin, and the panel says why not to', async () => {
	const page = await openTrigger({ outputMode: 'perEvent' });
	await canvasNode(page, TRIGGER).dblclick();
	await page.getByText('Do not pin or mock data here').waitFor();
	expect(await receiveAlert(page)).toEqual({ status: 200, body: '' });
	await byTestId(page, 'output-panel').getByText('Alert Branch (1 item)').click();
	await byTestId(page, 'output-panel').getByText('Low Quality Score').first().waitFor();
	expect(await byTestId(page, 'ndv-pin-data').count()).toBe(0);
	await byTestId(page, 'output-panel').getByText('has a branch of its own').waitFor();
	await page.close();
});

test('the Webhook URLs are the one that KoeIQ posts to, without the one that tells of the set-up', async () => {
	const page = await openTrigger({});
	await canvasNode(page, TRIGGER).dblclick();
	await page.getByText('Webhook URLs', { exact: true }).click();
	for (const kind of ['Test URL', 'Production URL']) {
		await page.getByText(kind, { exact: true }).first().click();
		expect(await page.getByText(/\/webhook(-test)?\/.*koeiq/).count()).toBe(1);
		expect(await page.getByText('POST', { exact: true }).count()).toBe(1);
		expect(await page.getByText('GET', { exact: true }).count()).toBe(0);
	}
	await page.close();
});

test('what Maximum Age costs is said where it is set, and only there', async () => {
	for (const [maxAgeSeconds, shown] of [
		[0, 0],
		[300, 1],
	] as const) {
		const page = await openTrigger({ options: { maxAgeSeconds } });
		await canvasNode(page, TRIGGER).dblclick();
		await page.getByText('Maximum Age (Seconds)').waitFor();
		expect(await page.getByText('is rejected, and lost unless').count()).toBe(shown);
		await page.close();
	}
});

test('n8n serves the fields of every event to the editor', async () => {
	const path = '/schemas/n8n-nodes-koeiq.koeIqTrigger/2.0.0.json';
	const response = await editor.context.request.get(path);
	expect(response.status()).toBe(200);
	const schema = (await response.json()) as { properties: Record<string, unknown> };
	expect(Object.keys(schema.properties)).toContain('delivery');
});
