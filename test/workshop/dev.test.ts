import { appendFileSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { freePort } from '../../harness/ports';
import { poll } from '../../harness/wait';
import { startCommand, type RunningCommand } from './support/command';
import { copyProject } from './support/copy';
import { Debugger } from './support/debugger';

/* npm run dev, on a copy of the project: its sources are changed here. */

const TRIGGER = 'nodes/KoeIq/KoeIqTrigger.node.ts';
const REFUSALS = 'nodes/KoeIq/core/refusals.ts';
/** n8n starts in 15 s, in a minute or two on a machine that is busy. */
const START_MILLISECONDS = 180_000;
/** Longer than it takes to see that a file was saved. */
const QUIET_MILLISECONDS = 3_000;

let folder: string;
let remove = () => {};
let dev: RunningCommand;
let inspect: number;
let webhook: string;
let start: () => Promise<void>;

beforeAll(async () => {
	({ folder, remove } = copyProject());
	const port = await freePort();
	inspect = await freePort();
	const options = ['--port', String(port), '--inspect', String(inspect)];
	start = async () => {
		// Not by npm run dev, which would install into the project's own packages.
		dev = startCommand([process.execPath, '--import', 'tsx', 'scripts/dev.ts', ...options], folder);
		await dev.prints(/Ctrl-C stops n8n/, START_MILLISECONDS);
		webhook = /Webhook URL +(\S+)/.exec(dev.output())?.[1] ?? '';
	};
	await start();
}, START_MILLISECONDS);

afterAll(async () => {
	await (dev as RunningCommand | undefined)?.end();
	remove();
});

const read = (file: string) => readFileSync(join(folder, file), 'utf8');
const restarts = () => dev.output().match(/n8n answers with it/g)?.length ?? 0;

/** What n8n answers to a request that has no signature. */
async function refusal(): Promise<string> {
	return await (await fetch(webhook, { method: 'POST' })).text();
}

test('starts nothing for a file that is saved as it was, nor for one that the build makes', async () => {
	const now = new Date();
	utimesSync(join(folder, TRIGGER), now, now);
	appendFileSync(join(folder, 'nodes/KoeIq/__schema__/v2.0.0.json'), '\n');
	await sleep(QUIET_MILLISECONDS);
	expect(dev.output()).not.toContain('A source has changed');
});

test(
	'starts n8n again once for a source that has changed, and n8n answers with it',
	async () => {
		expect(await refusal()).toBe('{"error":"Invalid signature"}');
		writeFileSync(
			join(folder, REFUSALS),
			read(REFUSALS).replaceAll('Invalid signature', 'Changed while n8n ran'),
		);
		await dev.prints(/n8n answers with it, \d+\.\d s after it was saved/, START_MILLISECONDS);
		expect(await refusal()).toBe('{"error":"Changed while n8n ran"}');
		await sleep(QUIET_MILLISECONDS);
		expect(restarts()).toBe(1);
	},
	START_MILLISECONDS,
);

test(
	'leaves n8n as it is while the sources do not compile',
	async () => {
		const right = read(REFUSALS);
		writeFileSync(join(folder, REFUSALS), `${right}\nconst half = `);
		await dev.prints(/does not compile/, 60_000);
		expect(await refusal()).toBe('{"error":"Changed while n8n ran"}');
		expect(restarts()).toBe(1);
		writeFileSync(join(folder, REFUSALS), right);
		await poll('the second restart', START_MILLISECONDS, () => restarts() === 2);
	},
	START_MILLISECONDS,
);

test('stops at a breakpoint in a source, through its source map', async () => {
	const lines = read(TRIGGER).split('\n');
	const line = lines.findIndex((text) => text.includes('await receive(this')) + 1;
	const breakpoint = { file: join(folder, TRIGGER), line };
	const debug = await Debugger.attach(inspect);
	try {
		await debug.setBreakpoint(breakpoint);
		const paused = debug.paused();
		const answer = refusal();
		expect(await paused).toEqual(breakpoint);
		await debug.resume();
		expect(await answer).toBe('{"error":"Changed while n8n ran"}');
	} finally {
		debug.close();
	}
});

test(
	'has its workflows again when it is started again',
	async () => {
		const before = webhook;
		await dev.end();
		await start();
		expect(webhook).toBe(before);
	},
	START_MILLISECONDS,
);
