import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, openSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Readable, Writable } from 'node:stream';

import { createLog, log, logSometimes } from '../../inbox/src/log';

/* What a line says and never says, and that a log that cannot be written costs lines only. */

const lines: string[] = [];
const toLines = createLog((line) => lines.push(line));

beforeEach(() => {
	lines.length = 0;
});

afterEach(() => {
	jest.restoreAllMocks();
});

test('an entry is one line of JSON with time, level, fields and message', () => {
	toLines.info({ event: '00ff', target: 'http://n8n:5678/webhook/1/koeiq' }, 'Delivered');
	toLines.error({ attempts: 3, isLast: true, answer: null, none: undefined }, '日本');
	expect(lines.every((line) => /^[^\n]+\n$/.test(line))).toBe(true);
	expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual([
		{
			time: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/) as string,
			level: 'info',
			event: '00ff',
			target: 'http://n8n:5678/webhook/1/koeiq',
			msg: 'Delivered',
		},
		{
			time: expect.any(String) as string,
			level: 'error',
			attempts: 3,
			isLast: true,
			answer: null,
			msg: '日本',
		},
	]);
});

test.each<[string, string, string]>([
	['a line break', 'a\n{"level":"error"}\r', 'a\\u{a}{"level":"error"}\\u{d}'],
	['a colour', '\u001b[31mred', '\\u{1b}[31mred'],
	['a control character of eight bits', '\u009b', '\\u{9b}'],
	['reversed text', '\u202egnp.exe', '\\u{202e}gnp.exe'],
	['another line break', '\u2028\u2029\u0085', '\\u{2028}\\u{2029}\\u{85}'],
	['half a character', '\ud800', '\\u{d800}'],
	['a password in a URL', 'at postgres://u:p@ss w@rd@db:5432/x', 'at postgres://…@db:5432/x'],
	['a query', 'GET "http://n8n/webhook?key=1&b" failed', 'GET "http://n8n/webhook?…" failed'],
])('%s is harmless', (_name, text, shown) => {
	toLines.warn({ answer: text }, text);
	expect(JSON.parse(lines[0] ?? '')).toMatchObject({ answer: shown, msg: shown });
});

test('what can happen often is logged once a minute a topic, with the number of those left out', () => {
	const warn = jest.spyOn(log, 'warn').mockReturnValue();
	let now = 1_000_000;
	jest.spyOn(performance, 'now').mockImplementation(() => now);
	for (let count = 0; count < 5; count++) logSometimes('one', { count }, 'One');
	logSometimes('other', {}, 'Other');
	now += 59_999;
	logSometimes('one', { count: 5 }, 'One');
	now += 1;
	logSometimes('one', { count: 6 }, 'One');
	now += 60_000;
	logSometimes('one', { count: 7 }, 'One');
	expect(warn.mock.calls).toEqual([
		[{ count: 0 }, 'One'],
		[{}, 'Other'],
		[{ count: 6, omitted: 5 }, 'One'],
		[{ count: 7 }, 'One'],
	]);
});

describe('a log that cannot be written', () => {
	type Child = ChildProcessByStdio<Writable, Readable | null, Readable>;

	/** Writes a line, waits to be told how many more, writes them, and ends in good order. */
	const PROGRAM = `
		import { log } from ${JSON.stringify(resolve(__dirname, '../../inbox/src/log.ts'))};
		log.info({}, 'first');
		process.stdin.once('data', (number) => {
			for (let count = 0; count < Number(number); count++) log.info({ count }, 'x'.repeat(100));
			setTimeout(() => { log.info({}, 'last'); process.exit(0); }, 50);
		});
	`;

	function start(stdout: 'pipe' | number): Child {
		const args = ['--disable-warning=MODULE_TYPELESS_PACKAGE_JSON', '--input-type=module'];
		return spawn(process.execPath, [...args, '--eval', PROGRAM], {
			stdio: ['pipe', stdout, 'pipe'],
			env: { PATH: process.env.PATH },
		}) as Child;
	}

	async function endOf(child: Child, lines = 10_000): Promise<unknown> {
		let said = '';
		child.stderr.setEncoding('utf8').on('data', (chunk: string) => (said += chunk));
		child.stdin.write(String(lines));
		const [code] = (await once(child, 'close')) as [number | null];
		return { code, said };
	}

	const WELL = { code: 0, said: '' };

	test('does not end the program if its pipe is closed', async () => {
		const child = start('pipe');
		await once(child.stdout ?? child, 'data');
		child.stdout?.destroy();
		expect(await endOf(child)).toEqual(WELL);
	});

	test('does not hold the program up if nobody reads its pipe', async () => {
		const child = start('pipe');
		await once(child.stdout ?? child, 'data');
		child.stdout?.pause();
		const exited = once(child, 'exit');
		child.stdin.write('10000');
		expect((await exited)[0]).toBe(0);
	});

	const onFullDisk = existsSync('/dev/full') ? test : test.skip;
	onFullDisk('does not end the program if the disk is full', async () => {
		const full = openSync('/dev/full', 'w');
		try {
			expect(await endOf(start(full))).toEqual(WELL);
		} finally {
			closeSync(full);
		}
	});

	test('is written whole otherwise', async () => {
		const child = start('pipe');
		let text = '';
		child.stdout?.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
		expect(await endOf(child, 100)).toEqual(WELL);
		const messages = text.trim().split('\n');
		expect(messages).toHaveLength(102);
		expect(JSON.parse(messages.at(-1) ?? '')).toMatchObject({ msg: 'last' });
	});
});
