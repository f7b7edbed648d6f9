import type { Locator, Page } from 'playwright-core';

import { template } from '../harness/templates';
import { TRIGGER } from '../harness/trigger';
import { chain, node } from '../harness/workflow';
import { byTestId, closePanel, openPanel, sendAlert } from '../test/browser/support/editor';
import { around, take, type Area } from './screenshots-camera';
import { SECRET, type Stage } from './screenshots-stage';

/** The trigger's URL and conditions, an alert that has arrived in another one, and the credential. */
export async function takeTrigger({ editor, add }: Stage): Promise<void> {
	const conditional = await add(template('low-score-to-chat'));
	const page = await editor.visit(`/workflow/${conditional.id}`);
	await openPanel(page, TRIGGER);
	const panel = byTestId(page, 'node-parameters');
	const label = (text: string) => panel.getByText(text, { exact: true });
	const credential = byTestId(page, 'credential-edit-button').first();
	await label('Webhook URLs').click();
	await label('Production URL').click();
	await take(page, 'webhook-url', await inPanel(page, label('Webhook URLs'), credential));
	const alsoStart = byTestId(page, 'parameter-input-alsoStart');
	await take(page, 'conditions', await inPanel(page, label('Event Types'), alsoStart));
	await closePanel(page);

	const { id, testUrl } = await add(template('one-branch-per-event'));
	await editor.visit(`/workflow/${id}`);
	await openPanel(page, TRIGGER);
	const output = byTestId(page, 'output-panel');
	await byTestId(page, 'node-execute-button').first().click();
	await sendAlert(testUrl, SECRET);
	await output.locator('[data-test-id="radio-button-schema"]').click();
	await output.getByText('signed_with').first().waitFor();
	await take(page, 'event', { ...(await around(panel, output)), height: 553 });

	await credential.click();
	const previous = byTestId(page, 'parameter-input-previousWebhookSecret');
	await previous.waitFor();
	const { y, height } = await around(previous);
	const form = await around(byTestId(page, 'editCredential-modal'));
	await take(page, 'credential', { ...form, height: y + height + 28 - form.y });
	await page.keyboard.press('Escape');
	await closePanel(page);
}

export async function takeUpload({ editor, add }: Stage): Promise<void> {
	const parameters = {
		callId: 'CALL-20260317-001',
		additionalFields: { language: 'ja-JP', operatorId: 'OP001' },
	};
	const koeIq = node('KoeIQ', 'n8n-nodes-koeiq.koeIq', 1, parameters);
	const { id } = await add(chain('Recordings to KoeIQ', [koeIq]));
	const page = await editor.visit(`/workflow/${id}`);
	await openPanel(page, 'KoeIQ');
	const resource = byTestId(page, 'node-parameters').getByText('Resource', { exact: true });
	const operator = byTestId(page, 'parameter-input-operatorId');
	await take(page, 'upload', await inPanel(page, resource, operator));
	await closePanel(page);
}

/** What the open panel shows from one of these to the other, in its full width. */
async function inPanel(page: Page, first: Locator, last: Locator): Promise<Area> {
	const { x, width } = await around(byTestId(page, 'node-parameters'));
	const { y, height } = await around(first, last);
	return { x, width, y: y - 10, height: height + 20 };
}
