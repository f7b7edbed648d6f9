import type { Locator } from 'playwright-core';

import { startInbox } from '../harness/inbox';
import type { EventName } from '../nodes/KoeIq/core/events';
import { sampleOf } from '../harness/koeiq/samples';
import { deliver } from '../harness/koeiq/sender';
import { freePort } from '../harness/ports';
import { INBOX_CREDENTIAL, TRIGGER } from '../harness/trigger';
import { poll } from '../harness/wait';
import { nodeOf } from '../harness/workflow';
import { around, take, type Area } from './screenshots-camera';
import { takeChat, WORDS } from './screenshots-chat';
import { KEY, SECRET, templateIn, type Language, type Stage } from './screenshots-stage';

/** As wide as the events are a table. */
const SIZE = { width: 1200, height: 1400 };
/** Of the calls of the day. */
const SCORES = [91, 82, 58, 45];

/** The inbox's page in both languages, and the report of the day that it shows. */
export async function takeInbox(stage: Stage): Promise<void> {
	await takeDay(stage, 'en', '');
	await takeReport(stage);
	await takeDay(stage, 'ja', '-ja');
}

/** A day's events come to two workflows through an inbox. The chat refuses the alert, so that its workflow fails. */
async function takeDay(stage: Stage, language: Language, suffix: string): Promise<void> {
	const { chat, client } = stage;
	const port = String(await freePort());
	const admin = `http://127.0.0.1:${port}`;
	await using inbox = await startInbox({
		env: {
			INBOX_WEBHOOK_SECRET: SECRET,
			INBOX_API_KEY: KEY,
			INBOX_PAGE_PASSWORD: KEY,
			INBOX_ADMIN_PORT: port,
			INBOX_RETRY_PAUSES: '0',
		},
		nodeArguments: stage.toN8n,
	});
	await stage.addCredential(INBOX_CREDENTIAL, 'KoeIQ Inbox account', { url: admin, apiKey: KEY });
	const targets = async () => {
		const headers = { authorization: `Bearer ${KEY}` };
		const answer = await fetch(`${admin}/api/v1/targets`, { headers });
		return ((await answer.json()) as { targets: Target[] }).targets;
	};
	const published: string[] = [];
	for (const name of ['low-score-to-chat', 'call-table']) {
		const workflow = templateIn(language, name);
		const trigger = nodeOf(workflow, TRIGGER);
		Object.assign(trigger.parameters, { source: 'inbox', responseMode: 'lastNode' });
		const { id } = await stage.add(workflow);
		if (name === 'call-table') {
			await client.runManually(id, 'Start here once');
			await client.waitForExecutions(id, 1);
		}
		await client.activate(id);
		published.push(id);
		await poll(`${name} to be at the inbox`, 60_000, async () => {
			const known = await targets();
			return known.length === published.length && known.every(({ state }) => state === 'current');
		});
	}
	const refused = WORDS[language].rule;
	chat.answer = ({ body }) => (body.includes(refused) ? { status: 503 } : {});
	const events = eventsOf(refused);
	for (const event of events) await deliver(`${inbox.url}/koeiq`, SECRET, JSON.stringify(event));
	await poll('the end of the day', 180_000, async () => {
		const done = (await targets()).map(({ delivered, failed }) => delivered + failed);
		return done.every((count) => count === events.length);
	});
	chat.reset();

	const page = await stage.openWindow(SIZE, language);
	await page.goto(admin);
	await page.locator('#password').fill(KEY);
	await page.keyboard.press('Enter');
	const alert = page.getByRole('link', { name: 'alert.triggered' });
	await alert.waitFor();
	await take(page, `inbox-page${suffix}`, await downTo(page.locator('main table')));
	await alert.click();
	await page.locator('pre').first().waitFor();
	await take(page, `inbox-event${suffix}`, await downTo(page.locator('main form').last()));
	await page.close();
	for (const id of published) await client.deactivate(id);
}

/** The page from its top to the end of this. */
async function downTo(last: Locator): Promise<Area> {
	const { y, height } = await around(last);
	return { x: 0, y: 0, width: SIZE.width, height: y + height + 16 };
}

/** A target as the inbox's API tells it. */
interface Target {
	state: string;
	delivered: number;
	failed: number;
}

/** What the day's report posts to the chat. */
async function takeReport(stage: Stage): Promise<void> {
	const { id } = await stage.add(templateIn('en', 'days-report'));
	await stage.client.runManually(id, 'Every evening');
	await poll('the report', 60_000, () => stage.chat.requests.length > 0);
	await takeChat(stage, 'days-report', 'en');
}

/** A transcription and analytics for each call, and an alert for the last. */
function eventsOf(alert_rule_name: string): object[] {
	const of = (event: EventName, index: number, more = {}) => {
		const sample = sampleOf(event);
		const call = { voicelog_id: `vl_000${index}`, call_id: `CALL-20260317-00${index}` };
		return { ...sample, data: { ...sample.data, ...call, ...more } };
	};
	const calls = SCORES.flatMap((quality_score, index) => [
		of('transcription.completed', index + 1),
		of('analytics.completed', index + 1, { quality_score }),
	]);
	return [...calls, of('alert.triggered', SCORES.length, { alert_rule_name })];
}
