import { isDeepStrictEqual } from 'node:util';

import type { Locator, Page } from 'playwright-core';

import { sampleOf } from '../../harness/koeiq/samples';
import { LABELS, TRIGGER, TRIGGER_TYPE } from '../../harness/trigger';
import { poll } from '../../harness/wait';
import { nodeOf } from '../../harness/workflow';
import { fresh, InboxUnderTest } from '../e2e/support/inbox';
import { n8nUnderTest } from '../e2e/support/trigger';
import { disposedAfterAll } from '../support/disposed';
import {
	byTestId,
	canvasNode,
	closePanel,
	Editor,
	findKoeIq,
	LOAD_MILLISECONDS,
	openPanel,
	receiveAlert,
	SECRET,
	sendAlert,
} from './support/editor';

/*
 * The trigger in n8n's own editor: what somebody does who has just installed the package, then its panel. One file in this
 * order, since it begins on an empty n8n, and to load the editor is what takes long.
 */

/** Clicks and fields, from an empty n8n with the package in it to a first event. */
const MOST_ACTIONS = 12;

/** To have only what a manager looks for start the workflow. */
const MOST_CLICKS = 5;

let editor: Editor;

const started = disposedAfterAll();

beforeAll(async () => {
	editor = await started(Editor.open());
}, LOAD_MILLISECONDS);

test(`gets to a first event in at most ${MOST_ACTIONS} clicks and fields`, async () => {
	const page = await editor.visit('/home/workflows');
	let actions = 0;
	const click = async (target: Locator) => {
		await target.click();
		actions += 1;
	};
	const type = async (target: Locator, words: string) => {
		await target.fill(words);
		actions += 1;
	};

	// 1 and 2: a new workflow, and its first step
	await click(page.getByText('Build a workflow'));
	await click(byTestId(page, 'canvas-add-button'));
	// 3 to 5: the trigger
	await type(byTestId(page, 'node-creator-search-bar'), 'koeiq');
	await click(byTestId(page, 'node-creator-item-name').filter({ hasText: 'KoeIQ' }).first());
	await click(page.getByText('On new KoeIQ event'));
	// 6 to 8: the credential; n8n tests it, and closes the form where the test has passed
	await click(page.getByText('Connect to KoeIQ Webhook'));
	await type(secretField(page), SECRET);
	await click(byTestId(page, 'credential-save-button'));
	await byTestId(page, 'editCredential-modal').waitFor({ state: 'hidden' });
	// 9 to 11: the Test URL, and n8n listening to it
	await click(page.getByText('Webhook URLs', { exact: true }));
	const url = page.getByText('/webhook-test/').first();
	await click(url);
	await click(byTestId(page, 'node-execute-button'));
	expect(await sendAlert((await url.innerText()).trim())).toEqual({ status: 200, body: '' });

	const output = byTestId(page, 'output-panel');
	await output.getByText('Low Quality Score').first().waitFor();
	await output.getByText('signed_with').first().waitFor();
	expect(actions).toBeLessThanOrEqual(MOST_ACTIONS);
	await closePanel(page);
});

describe('the node creator', () => {
	let page: Page;

	beforeAll(async () => {
		page = await editor.openNodeCreator();
	});

	const find = async (words: string) => await findKoeIq(page, words);

	test.each(['call center', 'transcript', '文字起こし', '音声', 'koeiq'])(
		'finds the trigger by what people type: %s',
		async (words) => {
			await (await find('nothing of the kind')).waitFor({ state: 'hidden' });
			await (await find(words)).waitFor();
		},
	);

	test('leads to words that say what is wrong with a secret that is too short', async () => {
		await (await find('koeiq')).click();
		await page.getByText('On new KoeIQ event').click();
		await byTestId(page, 'credential-edit-button').click();
		await secretField(page).fill('short');
		await byTestId(page, 'credential-save-button').click();
		await page.getByText('More details').click();
		await page.getByText('The webhook secret has only 5 characters').first().waitFor();
		await page.keyboard.press('Escape');
		await byTestId(page, 'editCredential-modal').waitFor({ state: 'hidden' });
		await closePanel(page);
	});
});

describe('the panel', () => {
	/** On one canvas; none is connected. */
	const TRIGGERS = {
		Single: {},
		'Per event': { outputMode: 'perEvent' },
		'Any age': { options: { maxAgeSeconds: 0 } },
		'Five minutes': { options: { maxAgeSeconds: 300 } },
	};
	let page: Page;
	let workflowId: string;

	beforeAll(async () => {
		const n8n = await n8nUnderTest();
		const credential = await n8n.createCredential('koeIqWebhookApi', { webhookSecret: SECRET });
		const credentials = { koeIqWebhookApi: { id: credential, name: 'of the browser tests' } };
		const kind = { type: TRIGGER_TYPE, typeVersion: 2, credentials };
		({ page, workflowId } = await editor.visitNodes(kind, TRIGGERS));
	});

	afterEach(async () => {
		await closePanel(page);
	});

	test('the canvas shows the whole label of each output', async () => {
		for (const label of LABELS) {
			const shown = canvasNode(page, 'Per event').getByText(label, { exact: true }).first();
			expect(await shown.evaluate(hiddenWidth)).toBe(0);
		}
	});

	test('the Webhook URLs are the one that KoeIQ posts to, without the one that tells of the set-up', async () => {
		await openPanel(page, 'Single');
		await page.getByText('Webhook URLs', { exact: true }).click();
		for (const kind of ['Test URL', 'Production URL']) {
			await page.getByText(kind, { exact: true }).first().click();
			expect(await page.getByText(/\/webhook(-test)?\/.*koeiq/).count()).toBe(1);
			expect(await page.getByText('POST', { exact: true }).count()).toBe(1);
			expect(await page.getByText('GET', { exact: true }).count()).toBe(0);
		}
	});

	test(`"analytics with a score under 60" takes ${MOST_CLICKS} clicks and a number`, async () => {
		await openPanel(page, 'Any age');
		const conditions = byTestId(page, 'fixed-collection-conditions');
		const value = byTestId(page, 'parameter-input-value').locator('input');
		const clicks = [
			conditions.getByPlaceholder('Add Condition'),
			page.getByRole('option', { name: 'Number' }),
			byTestId(page, 'parameter-input-field').locator('input:visible'),
			page.getByRole('option', { name: 'Analytics: Quality Score' }),
			value,
		];
		for (const target of clicks) await target.click();
		await value.fill('60');
		await value.press('Tab');

		expect(clicks.length).toBeLessThanOrEqual(MOST_CLICKS);
		const operation = byTestId(page, 'parameter-input-operation').locator('input');
		expect(await operation.inputValue()).toBe('is less than');
		await byTestId(page, 'parameter-input-alsoStart').click();
		await page.getByRole('option', { name: 'Alert Triggered' }).click();
		await byTestId(page, 'parameter-input-alsoStart').click();
		const n8n = await n8nUnderTest();
		await poll('n8n to save what starts the workflow', 60_000, async () => {
			const { parameters } = nodeOf(await n8n.workflow(workflowId), 'Any age');
			// What is as the panel has it, "is less than", is not saved.
			const number = [{ field: 'analytics.completed/quality_score', value: 60 }];
			return isDeepStrictEqual(
				[parameters.conditions, parameters.alsoStart],
				[{ number }, ['alert.triggered']],
			);
		});
		await closePanel(page);
		const subtitle = 'quality_score<60, alerts';
		await canvasNode(page, 'Any age').getByText(subtitle).waitFor();
	});

	test('a new condition has no field, and the trigger cannot be run or published until one is chosen', async () => {
		await openPanel(page, 'Five minutes');
		await byTestId(page, 'fixed-collection-conditions').getByPlaceholder('Add Condition').click();
		await page.getByRole('option', { name: 'Number' }).click();
		const field = byTestId(page, 'parameter-input-field');
		expect(await field.locator('input:visible').inputValue()).toBe('');
		expect(await byTestId(page, 'node-execute-button').first().isDisabled()).toBe(true);
		const n8n = await n8nUnderTest();
		await poll('n8n to save the condition', 60_000, async () => {
			const { parameters } = nodeOf(await n8n.workflow(workflowId), 'Five minutes');
			return isDeepStrictEqual(parameters.conditions, { number: [{}] });
		});
		await expect(n8n.activate(workflowId)).rejects.toThrow(/parameters: field|has no field/);
	});

	test.each([
		['Any age', 1],
		['Single', 0],
	])(
		'that a Test Ping does not end the listening is said if it does not: %s',
		async (name, shown) => {
			await openPanel(page, name);
			const output = byTestId(page, 'output-panel');
			await output.getByText('n8n locks it while it listens').waitFor();
			expect(await output.getByText('This trigger does not select a Test Ping').count()).toBe(
				shown,
			);
		},
	);

	test('an event can be pinned', async () => {
		await openPanel(page, 'Single');
		expect(await receiveAlert(page)).toEqual({ status: 200, body: '' });
		await byTestId(page, 'output-panel').getByText('Low Quality Score').first().waitFor();
		await byTestId(page, 'ndv-pin-data').click();
		await page.getByText('This data is pinned').waitFor();
	});

	test('with an output per event n8n offers no pin, and the panel says why not to', async () => {
		await openPanel(page, 'Per event');
		await page.getByText('Do not pin or mock data here').waitFor();
		expect(await receiveAlert(page)).toEqual({ status: 200, body: '' });
		// n8n opens the first branch, whichever has the event.
		await byTestId(page, 'output-panel').getByText('its tab says (1 item)').waitFor();
		await byTestId(page, 'output-panel').getByText('Alert Branch (1 item)').click();
		await byTestId(page, 'output-panel').getByText('Low Quality Score').first().waitFor();
		expect(await byTestId(page, 'ndv-pin-data').count()).toBe(0);
	});

	test.each([
		['Any age', 0],
		['Five minutes', 1],
	])('what Maximum Age costs is said where it is set, and only there: %s', async (name, shown) => {
		await openPanel(page, name);
		await page.getByText('Maximum Age (Seconds)').waitFor();
		expect(await page.getByText('A later event is rejected, and can be lost').count()).toBe(shown);
	});
});

test('with the inbox, Execute step shows a stored event, and the editor stops listening', async () => {
	const n8n = await n8nUnderTest();
	const inbox = await started(InboxUnderTest.start(n8n));
	const stored = fresh(JSON.stringify(sampleOf('alert.triggered')));
	await inbox.receive(stored.payload);
	const workflowId = await n8n.createWorkflow(inbox.workflow());
	const page = await editor.visit(`/workflow/${workflowId}`);
	await openPanel(page, TRIGGER);
	// If nothing fits, n8n's own words send a person to KoeIQ.
	await byTestId(page, 'output-panel').getByText('no stored event fits').waitFor();
	await byTestId(page, 'node-execute-button').click();
	await byTestId(page, 'output-panel').getByText(stored.callId).first().waitFor();
	await page.getByText('Stop Listening').first().waitFor({ state: 'hidden', timeout: 10_000 });
	expect(await byTestId(page, 'node-execute-button').first().innerText()).toContain('Execute step');
	await closePanel(page);
});

test('n8n serves the fields of every event to the editor', async () => {
	const path = '/schemas/n8n-nodes-koeiq.koeIqTrigger/2.0.0.json';
	const response = await editor.context.request.get(path);
	expect(response.status()).toBe(200);
	const schema = (await response.json()) as { properties: Record<string, unknown> };
	expect(Object.keys(schema.properties)).toContain('delivery');
});

function secretField(page: Page): Locator {
	return byTestId(page, 'parameter-input-webhookSecret').locator('input:visible');
}

/** How many pixels of an element's text do not show. */
function hiddenWidth({ scrollWidth, clientWidth }: { scrollWidth: number; clientWidth: number }) {
	return scrollWidth - clientWidth;
}
