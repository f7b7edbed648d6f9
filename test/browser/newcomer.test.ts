import type { Locator, Page } from 'playwright-core';

import { startN8n, type StartedN8n } from '../../harness/n8n';
import { endedAfterAll } from '../support/opened';
import { byTestId, Editor, SECRET, sendAlert } from './support/editor';

/* What somebody does who has just installed the package, in n8n's own editor. */

/** Clicks and fields, from an empty n8n with the package in it to a first event. */
const MOST_ACTIONS = 12;

let n8n: StartedN8n;
let editor: Editor;

const opened = endedAfterAll();

beforeAll(async () => {
	n8n = await opened(startN8n());
	editor = await opened(Editor.open(n8n.url));
}, 180_000);

async function find(page: Page, words: string): Promise<Locator> {
	await byTestId(page, 'node-creator-search-bar').fill(words);
	return byTestId(page, 'node-creator-item-name').filter({ hasText: 'KoeIQ' }).first();
}

describe('the node creator', () => {
	let page: Page;

	beforeAll(async () => {
		page = await editor.visit('/workflow/new');
		await byTestId(page, 'canvas-add-button').click();
	});

	test.each(['call center', 'transcript', '文字起こし', '音声', 'koeiq'])(
		'finds the trigger by what people type: %s',
		async (words) => {
			await (await find(page, 'nothing of the kind')).waitFor({ state: 'hidden' });
			await (await find(page, words)).waitFor();
		},
	);
});

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
	expect(await sendAlert(page, (await url.innerText()).trim())).toEqual({ status: 200, body: '' });

	const output = byTestId(page, 'output-panel');
	await output.getByText('Low Quality Score').first().waitFor();
	await output.getByText('signed_with').first().waitFor();
	expect(actions).toBeLessThanOrEqual(MOST_ACTIONS);
});

test('says in words what is wrong with a secret that is too short', async () => {
	const page = await editor.visit('/workflow/new');
	await byTestId(page, 'canvas-add-button').click();
	await (await find(page, 'koeiq')).click();
	await page.getByText('On new KoeIQ event').click();
	await byTestId(page, 'credential-edit-button').click();
	await secretField(page).fill('short');
	await byTestId(page, 'credential-save-button').click();
	await page.getByText('More details').click();
	await page.getByText('The webhook secret has only 5 characters').first().waitFor();
});

function secretField(page: Page): Locator {
	return byTestId(page, 'parameter-input-webhookSecret').locator('input:visible');
}
