import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

import { AsyncDisposableStack } from '../harness/disposal';
import { startInbox, type Inbox } from '../harness/inbox';
import { installNode } from '../harness/install';
import { startN8n } from '../harness/n8n';
import { LAZY_ISOLATES } from '../harness/n8n-settings';
import { freePort } from '../harness/ports';
import { toStandardError } from '../harness/report';
import { POSTGRES, startPostgres } from '../harness/services';
import { StandIn } from '../harness/stand-in';
import { activateWithSecrets, triggerWorkflow } from '../harness/trigger';
import { poll, statusOf } from '../harness/wait';
import { compare, type Figures, type Report } from './support/compare';
import { ACCEPTED, cost, load, SECRET } from './support/load';
import { untilIdle } from './support/processes';

/* The inbox: its door, a million events waiting, PostgreSQL, and handing on to a real n8n. */

const EVENTS = 5_000;
const CONNECTIONS = 50;
const HANDED_ON = 300;
const LOAD = {
	requests: EVENTS,
	connections: CONNECTIONS,
	expects: 200,
	content: { secret: SECRET },
};
const HOW = `${CONNECTIONS} connections, each sending its next event once the last is answered; ${EVENTS.toLocaleString('en')} events a round, made and signed before, and sent from a process of their own. Each is on disk before it is answered.`;

/** Handing on takes no part: nothing listens there. */
const targetDown = async () => `http://127.0.0.1:${await freePort()}/webhook/down/koeiq`;

const start = async (env: NodeJS.ProcessEnv) =>
	await startInbox({ env: { INBOX_WEBHOOK_SECRET: SECRET, ...env } });

/** @throws {Error} if it answered more than it has stored */
async function costOfDoor(inbox: Inbox): Promise<Figures> {
	const before = await metric(inbox, 'koeiq_inbox_received_total');
	const figures = await cost(inbox.pid(), { ...LOAD, url: `${inbox.url}/koeiq` });
	const stored = (await metric(inbox, 'koeiq_inbox_received_total')) - before;
	if (stored !== EVENTS) throw new Error(`${EVENTS} answered, but ${stored} stored.`);
	return figures;
}

/** Beside a server of node:http that reads the body, compares the HMAC, and keeps nothing. */
export async function inboxDoor(report: Report): Promise<void> {
	await using inbox = await start({ INBOX_FORWARD_TO: await targetDown() });
	const port = await freePort();
	const bare = await onNode24('bare-server.mjs', String(port), SECRET);
	const url = `http://127.0.0.1:${port}`;
	try {
		await poll('the bare server', 10_000, async () => (await statusOf(url)) !== undefined);
		const contenders = [
			{ name: 'bare server', measure: () => cost(bare.pid ?? NaN, { ...LOAD, url }) },
			{ name: 'inbox, target down', measure: () => costOfDoor(inbox) },
		];
		// Both compile their code first.
		for (const { measure } of contenders) await measure();
		const text = `# The inbox's door\n\n${HOW} The bare server reads the body, compares the HMAC, answers, and keeps nothing.`;
		await compare({ name: 'inbox-door', text, rounds: 5, contenders }, report);
	} finally {
		bare.kill();
	}
}

export async function inboxBacklog(report: Report): Promise<void> {
	const env = { INBOX_FORWARD_TO: await targetDown() };
	await using empty = await start(env);
	await using full = await start(env);
	report('a million events …');
	await full.kill('SIGTERM');
	const fill = await onNode24('fill.mjs', join(full.folder, 'inbox.sqlite'), '1000000');
	const [code] = (await once(fill, 'exit')) as [number | null];
	if (code !== 0) throw new Error(`fill.mjs ended with ${String(code)}.`);
	await full.restart();
	const contenders = [
		{ name: 'none waiting', measure: () => costOfDoor(empty) },
		{ name: 'a million waiting', measure: () => costOfDoor(full) },
	];
	const text = `# The inbox with a million events waiting\n\n${HOW} The target is down.`;
	await compare({ name: 'inbox-backlog', text, rounds: 3, contenders }, report);
}

export async function inboxPostgres(report: Report): Promise<void> {
	await using running = new AsyncDisposableStack();
	const postgres = running.use(await startPostgres());
	const target = running.use(await StandIn.start(() => ({ body: '{"ready":true}' })));
	const env = {
		INBOX_STORE: `postgres://${POSTGRES.user}@127.0.0.1:${postgres.port}/${POSTGRES.database}`,
		INBOX_FORWARD_TO: target.url,
	};
	const [one, two] = [running.use(await start(env)), running.use(await start(env))];
	const among = async (inboxes: readonly Inbox[]) => {
		target.reset();
		const share = { requests: EVENTS / inboxes.length, connections: CONNECTIONS / inboxes.length };
		const loads = inboxes.map(({ url }) => load({ ...LOAD, ...share, url: `${url}/koeiq` }));
		const answered = await Promise.all(loads);
		return { 'events/s': answered.reduce((sum, { perSecond }) => sum + perSecond, 0) };
	};
	const contenders = [
		{ name: '1 inbox', measure: () => among([one]) },
		{ name: '2 inboxes', measure: () => among([one, two]) },
	];
	const text = `# The inbox on PostgreSQL\n\n${HOW} PostgreSQL, the inboxes and a target that takes each event at once share one machine.`;
	await compare({ name: 'inbox-postgres', text, rounds: 3, contenders }, report);
}

export async function inboxDelivery(report: Report): Promise<void> {
	await using n8n = await startN8n({ env: LAZY_ISOLATES, report });
	const secrets = { webhookSecret: SECRET };
	const { url } = await activateWithSecrets(n8n.client, triggerWorkflow(), secrets);
	await using inbox = await start({ INBOX_FORWARD_TO: '' });
	const straight = async () => {
		await untilIdle([n8n.pid()]);
		const wanted = { ...ACCEPTED, url, requests: HANDED_ON, connections: 4 };
		return { 'events/s': (await load(wanted)).perSecond };
	};
	const handedOn = async () => {
		await untilIdle([n8n.pid()]);
		await inbox.kill('SIGTERM');
		await inbox.restart({ INBOX_FORWARD_TO: '' });
		await load({ ...LOAD, url: `${inbox.url}/koeiq`, requests: HANDED_ON });
		await inbox.kill('SIGTERM');
		const began = performance.now();
		await inbox.restart({ INBOX_FORWARD_TO: url });
		await poll('every event to be handed on', 240_000, async () => {
			return (await metric(inbox, 'koeiq_inbox_delivered_total')) === HANDED_ON;
		});
		return { 'events/s': (HANDED_ON * 1000) / (performance.now() - began) };
	};
	const contenders = [
		{ name: 'straight to n8n, 4 connections', measure: straight },
		{ name: 'handed on by the inbox, 4 at a time', measure: handedOn },
	];
	const text = `# Handing on to n8n\n\n${HANDED_ON} events a round, to a workflow that does nothing more.`;
	await compare({ name: 'inbox-delivery', text, rounds: 3, contenders }, report);
}

/** Of all targets together. */
async function metric({ url }: Inbox, name: string): Promise<number> {
	const text = await (await fetch(`${url}/metrics`)).text();
	const lines = text.split('\n').filter((line) => new RegExp(`^${name}[{ ]`).test(line));
	return lines.reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
}

async function onNode24(script: string, ...args: string[]) {
	const { node } = await installNode(toStandardError);
	return spawn(node, [join(__dirname, 'support', script), ...args], { stdio: 'inherit' });
}
