import { spawn } from 'node:child_process';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { startInbox, type Inbox } from '../harness/inbox';
import { installNode } from '../harness/install';
import { startN8n } from '../harness/n8n';
import { LAZY_ISOLATES } from '../harness/n8n-settings';
import { freePort } from '../harness/ports';
import { toStandardError } from '../harness/report';
import { POSTGRES, startPostgres } from '../harness/services';
import { activateWithSecrets, triggerWorkflow } from '../harness/trigger';
import { poll } from '../harness/wait';
import { loadEvents, loadEventsAtRate } from './support/event-load';
import { memoryMegabytes, untilIdle } from './support/processes';
import { digits, publish, spread, table, type Row } from './support/results';
import { measureInRounds, summary, type Contender } from './support/rounds';

/*
 * The inbox: its door beside a bare server that only hashes, its latency, how it hands on to n8n, its memory with a
 * million events waiting, PostgreSQL, and how its file grows and shrinks.
 */

const SECRET = 'the-secret-of-the-inbox-benchmark';
const CONNECTIONS = 50;
const SECONDS = 4;
const ROUNDS = 3;
const MILLION = 1_000_000;
const HANDED_ON = 300;
/** Space goes back to the file system at 8 MB a minute: more would take long. */
const IN_FILE = 10_000;

/** What a million events may cost. */
const FLAT = { 'to reach': 'under 200' };

type Report = (line: string) => void;

/** Whatever ends at the end, last first. */
const stops: Array<() => Promise<unknown>> = [];

export async function inbox(report: Report): Promise<void> {
	try {
		const door = await measureDoor(report);
		for (const rows of Object.values(door)) report(table(rows));
		const shared = await measurePostgres(report);
		report(table(shared));
		const handed = await measureHandingOn(report);
		report(table(handed));
		const file = await measureFile(report);
		publish(
			'inbox',
			{
				...{ door: door.figures, latency: door.latency, drained: door.handed },
				memory: door.memory,
				shared,
				handed,
				file,
			},
			[
				'# The inbox',
				`Events a second that the door stores and answers, each on disk before its answer, over ${CONNECTIONS} connections in ${ROUNDS} rounds of ${SECONDS} s; beside them, in the same rounds, a bare server of Node that reads the body, hashes it, answers, and keeps nothing.`,
				table(door.figures),
				'At 300 events a second, in milliseconds from the moment that each was due:',
				table(door.latency),
				'Resident memory:',
				table(door.memory),
				'What had piled up in those rounds, handed on 4 at a time once the load was over:',
				table(door.handed),
				'On PostgreSQL, of one machine with everything else:',
				table(shared),
				`Handing ${HANDED_ON} events on to an n8n, beside the same load straight at it:`,
				table(handed),
				'The SQLite file, events of 314 bytes, as long as the sample `analytics.completed`:',
				table(file),
			].join('\n\n'),
		);
	} finally {
		for (const stop of stops.splice(0).reverse()) await stop();
	}
}

function contender(name: string, measure: () => Promise<number>): Contender<'perSecond'> {
	return { name, measure: async () => ({ perSecond: await measure() }) };
}

async function started(env: NodeJS.ProcessEnv): Promise<Inbox> {
	const running = await startInbox({ env: { INBOX_WEBHOOK_SECRET: SECRET, ...env } });
	stops.push(running.stop);
	return running;
}

async function measureDoor(report: Report) {
	const bare = await startBare();
	const target = await startTarget();
	const down = `http://127.0.0.1:${await freePort()}/webhook/down/koeiq`;
	const up = await started({ INBOX_FORWARD_TO: target });
	const away = await started({ INBOX_FORWARD_TO: down });
	const full = await started({ INBOX_FORWARD_TO: down });
	report('a million events …');
	await full.kill('SIGTERM');
	await runNode('fill.mjs', join(full.folder, 'inbox.sqlite'), String(MILLION));
	await full.restart();
	const waiting = [{ 'a million waiting': 'at its start', MB: await memory(full), ...FLAT }];

	const doors: Array<{ name: string; url: string }> = [
		{ name: 'bare server, keeps nothing', url: bare },
		{ name: 'inbox, target up', url: up.url },
		{ name: 'inbox, target down', url: away.url },
		{ name: 'inbox, a million events waiting', url: full.url },
	];
	const drained: number[] = [];
	const contenders = doors.map(({ name, url }) =>
		contender(name, async () => {
			const events = { url: `${url}/koeiq`, secret: SECRET };
			const rate = await loadEvents({ ...events, seconds: SECONDS, connections: CONNECTIONS });
			// What is still to be handed on would slow the next.
			if (url === up.url) drained.push(await drain(up));
			return rate;
		}),
	);
	const measured = Object.entries(await measureInRounds(contenders, ROUNDS, report));
	const first = measured[1]?.[1].perSecond.median ?? NaN;
	const figures = measured.map(([door, { perSecond }], index): Row => ({
		door,
		'events/s': spread(perSecond),
		'of the bare server': digits(perSecond.ratio.median),
		'of the inbox with its target up': index === 0 ? '' : digits(perSecond.median / first),
		'to reach':
			['', '0.3 of the bare server, 1,000/s'][index] ?? '0.8 of the inbox with its target up',
	}));
	waiting.push({ 'a million waiting': 'after the load', MB: await memory(full), ...FLAT });
	const latency: Row[] = [];
	for (const { name, url } of doors) {
		report(`300 a second: ${name}`);
		const { p50, p99, slowest } = await loadEventsAtRate(
			{ url: `${url}/koeiq`, secret: SECRET, seconds: 10 },
			300,
		);
		if (url === up.url) await drain(up);
		latency.push({ door: name, p50: digits(p50), p99: digits(p99), slowest: digits(slowest) });
	}
	for (const stop of stops.splice(0).reverse()) await stop();
	const handed = { to: 'a target that answers at once', 'events/s': spread(summary(drained)) };
	return { figures, handed: [handed], latency, memory: waiting };
}

async function measurePostgres(report: Report): Promise<Row[]> {
	const postgres = await startPostgres();
	stops.push(() => postgres.stop());
	const env = {
		INBOX_STORE: `postgres://${POSTGRES.user}@127.0.0.1:${postgres.port}/${POSTGRES.database}`,
		INBOX_FORWARD_TO: await startTarget(),
	};
	const [one, two] = [await started(env), await started(env)];
	const rate = async (inboxes: readonly Inbox[]) => {
		const loads = inboxes.map(async ({ url }) =>
			loadEvents({
				...{ url: `${url}/koeiq`, secret: SECRET, seconds: SECONDS },
				connections: CONNECTIONS / inboxes.length,
			}),
		);
		return (await Promise.all(loads)).reduce((sum, each) => sum + each, 0);
	};
	const measured = await measureInRounds(
		[contender('1 inbox', () => rate([one])), contender('2 inboxes', () => rate([one, two]))],
		ROUNDS,
		report,
	);
	for (const stop of stops.splice(0).reverse()) await stop();
	return Object.entries(measured).map(([name, { perSecond }]) => ({
		PostgreSQL: name,
		'events/s': spread(perSecond),
		'of 1 inbox': digits(perSecond.ratio.median),
	}));
}

/** How long n8n takes for the same number of events, sent to it or handed on to it. */
async function measureHandingOn(report: Report): Promise<Row[]> {
	const n8n = await startN8n({ env: LAZY_ISOLATES });
	stops.push(() => n8n.stop());
	const { url } = await activateWithSecrets(n8n.client, triggerWorkflow(), {
		webhookSecret: SECRET,
	});
	const running = await started({ INBOX_FORWARD_TO: '' });
	const straight = async () =>
		await loadEvents({ url, secret: SECRET, seconds: SECONDS * 2, connections: 4 });
	const handedOn = async () => {
		await running.kill('SIGTERM');
		await running.restart({ INBOX_FORWARD_TO: '' });
		const events = { url: `${running.url}/koeiq`, secret: SECRET, connections: 8 };
		while ((await pending(running)) < HANDED_ON) await loadEvents({ ...events, seconds: 0.05 });
		await running.kill('SIGTERM');
		await running.restart({ INBOX_FORWARD_TO: url });
		return await drain(running);
	};
	const pid = n8n.pid();
	/** After it has answered, n8n still runs and stores. */
	const calm = (measure: () => Promise<number>) => async () => {
		await untilIdle([pid]);
		return await measure();
	};
	const measured = await measureInRounds(
		[
			contender('straight at n8n, 4 connections', calm(straight)),
			contender('handed on by the inbox, 4 at a time', calm(handedOn)),
		],
		ROUNDS,
		report,
	);
	for (const stop of stops.splice(0).reverse()) await stop();
	return Object.entries(measured).map(([way, { perSecond }], index) => ({
		way,
		'events/s': spread(perSecond),
		'of straight': digits(perSecond.ratio.median),
		'to reach': index === 0 ? '' : '0.9',
	}));
}

async function measureFile(report: Report): Promise<Row[]> {
	report('the file');
	const running = await started({ INBOX_FORWARD_TO: await startTarget(), INBOX_KEEP_DAYS: '0' });
	const size = () => statSync(join(running.folder, 'inbox.sqlite')).size / 1e6;
	await running.kill('SIGTERM');
	await runNode('fill.mjs', join(running.folder, 'inbox.sqlite'), String(IN_FILE));
	const full = size();
	await running.restart({ INBOX_CONCURRENCY: '50' });
	await drain(running);
	const delivered = size();
	await poll('the file to shrink', 240_000, async () => {
		await sleep(1_000);
		return size() < full / 10;
	});
	const perEvent = (megabytes: number) => digits((megabytes * 1e6) / IN_FILE);
	return [
		{
			when: `${IN_FILE.toLocaleString('en')} events wait`,
			MB: digits(full),
			'bytes an event': perEvent(full),
		},
		{ when: 'all of them delivered', MB: digits(delivered), 'bytes an event': perEvent(delivered) },
		{ when: 'INBOX_KEEP_DAYS later', MB: digits(size()), 'bytes an event': '' },
	];
}

async function memory(running: Inbox): Promise<number> {
	return Math.round(memoryMegabytes(running.pid()));
}

/** Waits until everything has been handed on; tells how many events a second that were. */
async function drain(running: Inbox): Promise<number> {
	const left = await pending(running);
	const began = performance.now();
	await poll('all to be handed on', 240_000, async () => (await pending(running)) === 0);
	return (left * 1000) / (performance.now() - began);
}

async function pending(running: Inbox): Promise<number> {
	return await metric(running, 'koeiq_inbox_pending');
}

/** Of all targets together. */
async function metric({ url }: Inbox, name: string): Promise<number> {
	const text = await (await fetch(`${url}/metrics`)).text();
	const lines = text.split('\n').filter((line) => line.startsWith(`${name}{`));
	return lines.reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
}

/** A target that takes everything at once. */
async function startTarget(): Promise<string> {
	const server = createServer((request, response) => {
		request.resume().once('end', () => {
			response.end(request.method === 'GET' ? '{"ready":true}' : '');
		});
	}).listen(0, '127.0.0.1');
	await new Promise((resolve) => server.once('listening', resolve));
	stops.push(async () => {
		server.closeAllConnections();
		server.close();
	});
	return `http://127.0.0.1:${(server.address() as AddressInfo).port}/webhook/up/koeiq`;
}

async function startBare(): Promise<string> {
	const { node } = await installNode(toStandardError);
	const port = await freePort();
	const script = join(__dirname, 'support/bare-server.mjs');
	const child = spawn(node, [script, String(port), SECRET], { stdio: 'inherit' });
	stops.push(async () => child.kill());
	const url = `http://127.0.0.1:${port}`;
	await poll('the bare server', 10_000, async () =>
		fetch(url).then(
			() => true,
			() => false,
		),
	);
	return url;
}

async function runNode(script: string, ...args: string[]): Promise<void> {
	const { node } = await installNode(toStandardError);
	const child = spawn(node, [join(__dirname, 'support', script), ...args], { stdio: 'inherit' });
	const code = await new Promise((resolve) => child.once('exit', resolve));
	if (code !== 0) throw new Error(`${script} ended with ${String(code)}.`);
}
