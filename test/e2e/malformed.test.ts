import { execFileSync } from 'node:child_process';

import { deliver } from '../../host/koeiq';
import { exchange, KINDS, Random, TOO_LARGE, type Reply, type Wire } from './support/malformed';
import { N8N_PID } from './support/start';
import { n8nUnderTest, SECRET, TRANSCRIPTION, TriggerUnderTest } from './support/trigger';

/* Twenty thousand requests that must not get in, and a good event among each hundred, which must. */

const REQUESTS = 20_000;
const EVERY = 100;
const TOO_LARGE_ONES = 5;
const AT_ONCE = 16;
/** Of the kinds that n8n waits for in vain; the others are answered in a few milliseconds. */
const PATIENCE = 1_000;
const SEED = 20_261_124;

/** Traces of an error that was let out: a line of a stack, or a file of this package. */
const STACK_TRACE = /\n\s+at |KoeIqTrigger\.node|receive\.[jt]s|node_modules/;

test('nothing gets in, nothing leaks, and every good event among them is accepted', async () => {
	const n8n = await n8nUnderTest();
	const trigger = await TriggerUnderTest.start();
	const { port, pathname } = new URL(trigger.url);
	const target = { path: pathname, secret: SECRET, body: TRANSCRIPTION };
	const random = new Random(SEED);
	const kinds = Object.entries(KINDS);

	const statuses = new Map<string, Map<number, number>>();
	const wrong: string[] = [];
	const take = (kind: string, { status, text }: Reply) => {
		const of = statuses.get(kind) ?? new Map<number, number>();
		statuses.set(kind, of.set(status, (of.get(status) ?? 0) + 1));
		// n8n itself answers a browser's preflight with a 2xx, and starts nothing.
		const isRefused =
			status === 0 || (status < 500 && (status >= 300 || kind === 'another method'));
		if (!isRefused || STACK_TRACE.test(text)) wrong.push(`${kind}: ${text.slice(0, 500)}`);
	};

	let made = 0;
	let good = 0;
	const accepted: number[] = [];
	const memory: number[] = [residentMegabytes()];
	const next = (): { kind: string; wire: Wire } | undefined => {
		if (made === REQUESTS) return undefined;
		made += 1;
		if (made % (REQUESTS / TOO_LARGE_ONES) === 0) {
			return { kind: 'a body of 17 MB', wire: TOO_LARGE(target, random) };
		}
		const [kind, make] = random.pick(kinds);
		return { kind, wire: make(target, random) };
	};
	const work = async () => {
		for (let sent = next(); sent !== undefined; sent = next()) {
			if (made % EVERY === 0) {
				good += 1;
				accepted.push((await deliver(trigger.url, SECRET, TRANSCRIPTION)).status);
			}
			if (made % (REQUESTS / 4) === 0) memory.push(residentMegabytes());
			take(sent.kind, await exchange(Number(port), sent.wire, PATIENCE));
		}
	};
	await Promise.all(Array.from({ length: AT_ONCE }, work));

	const table = [...statuses].map(
		([kind, of]) =>
			`${kind}: ${[...of].map(([status, count]) => `${count} × ${status || 'no answer'}`).join(', ')}`,
	);
	process.stderr.write(
		`${made} requests, ${good} good events among them; resident MB after each quarter: ${memory.join(', ')}\n${table.join('\n')}\n`,
	);

	expect(wrong).toEqual([]);
	expect(statuses.size).toBe(kinds.length + 1);
	expect(accepted).toEqual(Array.from({ length: REQUESTS / EVERY }, () => 200));
	expect((await n8n.everyExecution(trigger.workflowId)).map(({ status }) => status)).toEqual(
		accepted.map(() => 'success'),
	);
	const [, , half = NaN, , end = NaN] = memory;
	expect(end).toBeLessThan(half * 1.25);
}, 600_000);

function residentMegabytes(): number {
	const pid = process.env[N8N_PID] ?? '';
	const kilobytes = execFileSync('ps', ['-o', 'rss=', '-p', pid], { encoding: 'utf8' });
	return Math.round(Number(kilobytes) / 1024);
}
