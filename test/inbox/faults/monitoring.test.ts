import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';

import { z } from 'zod';

import { startInbox, type Inbox } from '../../../harness/inbox';
import { freePort } from '../../../harness/ports';
import { StandIn } from '../../../harness/stand-in';
import { poll } from '../../../harness/wait';
import { many, SECRET, send } from '../support/events';
import { metric } from '../support/metrics';
import { startTrigger, type Trigger } from '../support/trigger';

/* What an operator is told by the program as it is built: by a chat, by Prometheus's rules, on a dashboard. */

const FOLDER = resolve(__dirname, '../../../deploy/monitoring');
const API_KEY = 'a-key-of-the-monitoring-tests-012345';
/** It looks every 15 s. */
const WITHIN = 120_000;
const run = promisify(execFile);

let trigger: Trigger;
let chat: StandIn;
let inbox: Inbox;
let api: string;

beforeAll(async () => {
	trigger = await startTrigger();
	chat = await StandIn.start();
	const port = String(await freePort());
	api = `http://127.0.0.1:${port}/api/v1`;
	inbox = await startInbox({
		env: {
			...{ INBOX_WEBHOOK_SECRET: SECRET, INBOX_FORWARD_TO: trigger.url },
			...{ INBOX_ADMIN_PORT: port, INBOX_API_KEY: API_KEY, INBOX_RETRY_PAUSES: '0' },
			INBOX_NOTIFY_URL: `${chat.url}/hooks/the-secret-of-the-chat`,
		},
	});
});

afterAll(async () => {
	await inbox.stop();
	await trigger[Symbol.asyncDispose]();
	await chat.stop();
});

const failed = async () => await metric(inbox.url, 'koeiq_inbox_failed', `target="${trigger.url}"`);

test('a chat is told once that events have failed, whatever is restarted, and once that none is left', async () => {
	trigger.answer = () => ({ status: 500, body: '{"message":"CALL-1 said something"}' });
	await send(inbox.url, many(2));
	await poll('both have failed', WITHIN, async () => (await failed()) === 2);
	// It looks as soon as it starts.
	await inbox.kill('SIGTERM');
	await inbox.restart();
	await poll('the chat was told', WITHIN, () => chat.requests.length === 1);
	await inbox.kill('SIGTERM');
	await inbox.restart();
	trigger.answer = () => ({});
	await fetch(`${api}/sends`, {
		method: 'POST',
		headers: { authorization: `Bearer ${API_KEY}`, 'content-type': 'application/json' },
		body: '{"state":"failed"}',
	});
	await poll('both are delivered', WITHIN, async () => (await failed()) === 0);
	await poll('the chat was told of the end', WITHIN, () => chat.requests.length === 2);
	const texts = chat.accepted.map((body) => (body as { text: string }).text);
	expect(texts).toEqual([
		expect.stringMatching(
			/^🚨 KoeIQ inbox: 2 events have failed for “http:\/\/127\.0\.0\.1:\d+ stand-in”/,
		),
		expect.stringContaining('No failed event is left'),
	]);
	expect(texts.join()).not.toMatch(/CALL-/);
	expect(await inbox.log()).not.toMatch(/the-secret-of-the-chat/);
});

describe('Prometheus', () => {
	let scrape: string;
	let folder: string;

	beforeAll(async () => {
		folder = mkdtempSync(join(tmpdir(), 'koeiq-monitoring-'));
		scrape = await (await fetch(`${inbox.url}/metrics`)).text();
	});

	afterAll(() => {
		rmSync(folder, { recursive: true, force: true });
	});

	const promtool = async (args: string[], input = '') => {
		const running = run('promtool', args);
		running.child.stdin?.end(input);
		const { stdout, stderr } = await running;
		return stdout + stderr;
	};
	const namesIn = (text: string) => text.match(/\b(?:koeiq_inbox|process|nodejs)_\w+/g) ?? [];
	const scraped = () =>
		new Set(scrape.split('\n').flatMap((line) => /^(\w+)[{ ]/.exec(line)?.[1] ?? []));

	test('finds nothing wrong with what it reads', async () => {
		expect(await promtool(['check', 'metrics'], scrape)).toBe('');
	});

	test('takes the rules, and they alert when they should and only then', async () => {
		expect(await promtool(['check', 'rules', join(FOLDER, 'alerts.yml')])).toContain('SUCCESS');
		const tested = await promtool(['test', 'rules', join(FOLDER, 'alerts.test.yml')]);
		expect(tested).toContain('SUCCESS');
	});

	test.each(['alerts.yml', 'alerts.test.yml', 'grafana.json'])(
		'finds every metric of %s',
		(file) => {
			const names = namesIn(readFileSync(join(FOLDER, file), 'utf8'));
			expect(names.length).toBeGreaterThan(5);
			expect(names.filter((name) => !scraped().has(name))).toEqual([]);
		},
	);

	test('takes every query of the dashboard', async () => {
		const rules = readDashboard().panels.flatMap(({ targets }) =>
			targets.map(({ expr }, i) => ({
				record: `dashboard:query:${i}`,
				expr: expr.replaceAll('$__rate_interval', '5m'),
				labels: { query: expr.replaceAll(/\W/g, '_') },
			})),
		);
		const file = join(folder, 'queries.yml');
		writeFileSync(file, JSON.stringify({ groups: [{ name: 'dashboard', rules }] }));
		expect(await promtool(['check', 'rules', file])).toContain(`${rules.length} rules found`);
	});
});

const DATA_SOURCE = z.strictObject({
	type: z.literal('prometheus'),
	uid: z.literal('${datasource}'),
});

/** Grafana's dashboard model, as far as this one uses it: https://grafana.com/docs/grafana/latest/dashboards/build-dashboards/view-dashboard-json-model/ */
const DASHBOARD = z.strictObject({
	uid: z
		.string()
		.max(40)
		.regex(/^[\w-]+$/),
	title: z.string(),
	description: z.string(),
	tags: z.array(z.string()),
	schemaVersion: z.number().int().min(36),
	version: z.number().int(),
	editable: z.boolean(),
	graphTooltip: z.number().int().max(2),
	refresh: z.string(),
	timezone: z.enum(['browser', 'utc', '']),
	time: z.strictObject({ from: z.string(), to: z.string() }),
	annotations: z.strictObject({ list: z.array(z.never()) }),
	links: z.array(z.never()),
	templating: z.strictObject({
		list: z.array(
			z.object({ name: z.string(), type: z.enum(['datasource', 'query']) }).passthrough(),
		),
	}),
	panels: z.array(
		z.strictObject({
			id: z.number().int(),
			type: z.enum(['stat', 'timeseries']),
			title: z.string(),
			description: z.string(),
			datasource: DATA_SOURCE,
			gridPos: z.strictObject({ x: z.number(), y: z.number(), w: z.number(), h: z.number() }),
			targets: z.array(
				z.strictObject({
					refId: z.string(),
					expr: z.string(),
					legendFormat: z.string(),
				}),
			),
			fieldConfig: z.strictObject({
				defaults: z.object({ unit: z.enum(['short', 's', 'ops', 'bytes']) }).passthrough(),
				overrides: z.array(z.never()),
			}),
			options: z.record(z.unknown()),
		}),
	),
});

function readDashboard(): z.infer<typeof DASHBOARD> {
	return DASHBOARD.parse(JSON.parse(readFileSync(join(FOLDER, 'grafana.json'), 'utf8')));
}

test('the dashboard is of Grafana’s model, and no panel covers another', () => {
	const { panels } = readDashboard();
	expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
	const cells = panels.flatMap(({ gridPos: { x, y, w, h } }) =>
		Array.from({ length: w * h }, (_, i) => `${x + (i % w)},${y + Math.floor(i / w)}`),
	);
	expect(new Set(cells).size).toBe(cells.length);
	expect(Math.max(...panels.map(({ gridPos: { x, w } }) => x + w))).toBe(24);
});
