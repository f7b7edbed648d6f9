import { startN8n } from '../harness/n8n';
import { LAZY_ISOLATES } from '../harness/n8n-settings';
import { POSTGRES, startPostgres } from '../harness/services';
import { activateWithSecrets, triggerWorkflow } from '../harness/trigger';
import { poll } from '../harness/wait';
import type { Inbox } from '../harness/inbox';
import { fill, loadInbox, metric, SECRET, Started, targetDown } from './support/inbox';
import { assertPossible, load } from './support/load';
import { memoryMegabytes, untilIdle } from './support/processes';
import { digits, publish, spread, table, type Row } from './support/results';
import { measureInRounds, type Figures } from './support/rounds';

/* The inbox behind its door: with a million events waiting, on PostgreSQL, and handing on to a real n8n. */

const ROUNDS = 3;
const EVENTS = 5_000;
const CONNECTIONS = 50;
const MILLION = 1_000_000;
const HANDED_ON = 300;

type Report = (line: string) => void;

async function withStarted(run: (started: Started) => Promise<void>): Promise<void> {
	const started = new Started();
	try {
		await run(started);
	} finally {
		await started.stop();
	}
}

export const inboxBacklog = (report: Report) =>
	withStarted(async (started) => {
		const env = { INBOX_FORWARD_TO: await targetDown() };
		const empty = await started.inbox(env);
		const full = await started.inbox(env);
		report('a million events …');
		await full.kill('SIGTERM');
		await fill(full, MILLION);
		await full.restart();
		const atStart = memoryMegabytes(full.pid());
		const figures = await measureInRounds(
			[
				contender('none waiting', () => loadInbox(empty, EVENTS, CONNECTIONS)),
				contender('a million waiting', () => loadInbox(full, EVENTS, CONNECTIONS)),
			],
			ROUNDS,
			report,
		);
		const memory = [atStart, memoryMegabytes(full.pid())].map(digits);
		publish(
			'inbox-backlog',
			`# The inbox with a million events waiting\n\nEvents a second that it stores and answers over ${CONNECTIONS} connections; its target is down.\n\n${table(rowsOf(figures))}\n\nResident memory of the one with a million: ${memory[0]} MB after its start, ${memory[1]} MB after the load.`,
		);
	});

export const inboxPostgres = (report: Report) =>
	withStarted(async (started) => {
		const postgres = await startPostgres();
		started.add(() => postgres.stop());
		const env = {
			INBOX_STORE: `postgres://${POSTGRES.user}@127.0.0.1:${postgres.port}/${POSTGRES.database}`,
			INBOX_FORWARD_TO: await started.target(),
		};
		const [one, two] = [await started.inbox(env), await started.inbox(env)];
		const both = async () => {
			const half = (inbox: Inbox) => loadInbox(inbox, EVENTS / 2, CONNECTIONS / 2);
			const answered = await Promise.all([half(one), half(two)]);
			return { perSecond: answered.reduce((sum, { perSecond }) => sum + perSecond, 0) };
		};
		const figures = await measureInRounds(
			[
				contender('1 inbox', () => loadInbox(one, EVENTS, CONNECTIONS)),
				contender('2 inboxes', both),
			],
			ROUNDS,
			report,
		);
		publish(
			'inbox-postgres',
			`# The inbox on PostgreSQL\n\nEvents a second that are stored and answered over ${CONNECTIONS} connections in all. PostgreSQL, the inboxes and a target that takes each event at once share one machine.\n\n${table(rowsOf(figures))}`,
		);
	});

export const inboxDelivery = (report: Report) =>
	withStarted(async (started) => {
		const n8n = await startN8n({ env: LAZY_ISOLATES, report });
		started.add(() => n8n.stop());
		const secrets = { webhookSecret: SECRET };
		const { url } = await activateWithSecrets(n8n.client, triggerWorkflow(), secrets);
		const inbox = await started.inbox({ INBOX_FORWARD_TO: '' });
		const pid = n8n.pid();
		const content = { secret: SECRET };
		/** After it has answered, n8n still runs and stores. */
		const idle = (measure: () => Promise<{ perSecond: number }>) => async () => {
			await untilIdle([pid]);
			return await measure();
		};
		const handOn = async () => {
			await inbox.kill('SIGTERM');
			await inbox.restart({ INBOX_FORWARD_TO: '' });
			await loadInbox(inbox, HANDED_ON, CONNECTIONS);
			await inbox.kill('SIGTERM');
			const began = performance.now();
			await inbox.restart({ INBOX_FORWARD_TO: url });
			return { perSecond: await deliveryRate(inbox, began) };
		};
		const straight = () => load({ url, requests: HANDED_ON, connections: 4, content });
		const figures = await measureInRounds(
			[
				contender('straight to n8n, 4 connections', idle(straight)),
				contender('handed on by the inbox, 4 at a time', idle(handOn)),
			],
			ROUNDS,
			report,
		);
		const [toN8n, byInbox] = Object.values(figures).map(({ perSecond }) => perSecond.median);
		assertPossible(toN8n ?? NaN, byInbox ?? NaN);
		publish(
			'inbox-delivery',
			`# Handing on to n8n\n\n${HANDED_ON} events a round, to a workflow that does nothing more.\n\n${table(rowsOf(figures))}`,
		);
	});

function contender(name: string, measure: () => Promise<{ perSecond: number }>) {
	return { name, measure: async () => ({ perSecond: (await measure()).perSecond }) };
}

function rowsOf(figures: Figures<'perSecond'>): Row[] {
	return Object.entries(figures).map(([what, { perSecond }]) => ({
		what,
		'events/s': spread(perSecond),
		'to the first': spread(perSecond.ratio),
	}));
}

/** Events a second, from when the inbox was started until it has handed on the last. */
async function deliveryRate(inbox: Inbox, began: number): Promise<number> {
	await poll('every event to be handed on', 240_000, async () => {
		return (await metric(inbox, 'koeiq_inbox_delivered_total')) === HANDED_ON;
	});
	return (HANDED_ON * 1000) / (performance.now() - began);
}
