import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { sampleOf } from '../harness/koeiq/samples';
import { poll } from '../harness/wait';
import { byTestId, sendAlert } from '../test/browser/support/editor';
import { around, take, takeCanvas, WIDTH } from './screenshots-camera';
import { part, SECRET, templateIn, type Language, type Stage } from './screenshots-stage';

const WINDOW = readFileSync(join(__dirname, 'screenshots-chat.html'), 'utf8');

/** What the chat is called, and what KoeIQ reports. */
export const WORDS = {
	en: {
		chat: 'Call quality',
		summary: 'Customer called about an invoice discrepancy.',
		rule: 'Low Quality Score',
	},
	ja: {
		chat: '通話品質',
		summary: '請求金額の相違についての問い合わせ。',
		rule: '品質スコアの低下',
	},
};

/** The messages that a template posts for a low score and an alert, and its workflow after the alert. */
export async function takeHero(stage: Stage): Promise<void> {
	await takeAlert(stage, 'hero', 'en');
	await takeAlert(stage, 'hero-ja', 'ja');
}

async function takeAlert(stage: Stage, name: string, language: Language): Promise<void> {
	const { add, chat, editor } = stage;
	const { summary, rule } = WORDS[language];
	const { id, testUrl } = await add(part(templateIn(language, 'low-score-to-chat')));
	const page = await editor.visit(`/workflow/${id}`);
	const [analytics, alert] = [sampleOf('analytics.completed'), sampleOf('alert.triggered')];
	const events = [
		{ ...analytics, data: { ...analytics.data, quality_score: 45, summary } },
		{ ...alert, data: { ...alert.data, alert_rule_name: rule } },
	];
	chat.reset();
	for (const [index, event] of events.entries()) {
		await byTestId(page, 'execute-workflow-button').click();
		await sendAlert(testUrl, SECRET, JSON.stringify(event));
		await poll('the message', 60_000, () => chat.requests.length > index);
	}
	await takeChat(stage, name, language, await takeCanvas(page));
}

/** What the chat has got, in a plain window. @param sender the picture of what has sent it */
export async function takeChat(
	{ chat, openWindow }: Stage,
	name: string,
	language: Language,
	sender?: Buffer,
): Promise<void> {
	const messages = chat.requests.map(({ at, body }) => ({
		at,
		text: (JSON.parse(body.toString()) as { text: string }).text,
	}));
	const from = sender && `data:image/png;base64,${sender.toString('base64')}`;
	const page = await openWindow({ width: WIDTH, height: 900 }, language);
	await page.setContent(WINDOW);
	await page.evaluate(`fill(${JSON.stringify({ title: WORDS[language].chat, messages, from })})`);
	await take(page, name, await around(page.locator('body')));
	await page.close();
}
