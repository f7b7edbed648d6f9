import { once } from 'node:events';
import { spawn } from 'node:child_process';

import { INBOX_PROGRAM } from '../../../harness/inbox';
import { installNode } from '../../../harness/install';
import { stream, type Sent } from '../../../harness/load';
import { poll } from '../../../harness/wait';
import { SECRET } from '../../inbox/support/events';
import { startBehindSocket, type KeptSocket } from '../../inbox/support/kept-socket';
import { newPlace, openAt, closeStores, stopPostgres } from '../../inbox/support/open-store';
import { startTrigger, type Trigger } from '../../inbox/support/trigger';

/* The inbox restarts, and moves from one store to another, while events come: none is lost, none comes twice. */

const RESTARTS = 10;
const PER_SECOND = 50;

afterEach(closeStores);
afterAll(stopPostgres);

function summary(sent: readonly Sent[], target: Trigger) {
	const taken = target.taken();
	return {
		sent: sent.length,
		refused: sent.filter(({ status }) => status !== 200).length,
		longest: Math.max(...sent.map(({ at, answeredAt }) => answeredAt - at)),
		lost: sent.filter(({ id }) => !taken.includes(id)).length,
		twice: taken.length - new Set(taken).size,
	};
}

async function underLoad(inbox: KeptSocket, target: Trigger, during: () => Promise<unknown>) {
	const url = inbox.url;
	const sent = await stream({ url, secret: SECRET, perSecond: PER_SECOND }, during);
	await poll('all of it to arrive', 60_000, () => {
		const taken = new Set(target.taken());
		return sent.every(({ id }) => taken.has(id));
	});
	const result = summary(sent, target);
	process.stderr.write(`${JSON.stringify(result)}\n`);
	return result;
}

test(`${RESTARTS} restarts under load behind a kept socket refuse nothing`, async () => {
	await using target = await startTrigger();
	const env = { INBOX_WEBHOOK_SECRET: SECRET, INBOX_FORWARD_TO: target.url };
	await using inbox = await startBehindSocket(env);
	const result = await underLoad(inbox, target, async () => {
		for (let i = 0; i < RESTARTS; i++) await inbox.restart();
	});
	expect(result).toMatchObject({ refused: 0, lost: 0, twice: 0 });
});

/** Runs the command as its README has it: it says when, and the inbox is restarted on the new store. */
async function move(inbox: KeptSocket, from: string, to: string): Promise<void> {
	const { node } = await installNode(() => {});
	const child = spawn(node, [INBOX_PROGRAM, 'copy', '--to', to], {
		env: { PATH: process.env.PATH, INBOX_STORE: from },
		stdio: ['ignore', 'pipe', 'inherit'],
	});
	const ended = once(child, 'exit');
	let said = '';
	child.stdout.setEncoding('utf8').on('data', (text: string) => {
		said += text;
		process.stderr.write(text);
	});
	await poll('the first part of the copy', 60_000, () => said.includes('Now stop the inbox'));
	await inbox.restart({ INBOX_STORE: to });
	expect(await ended).toEqual([0, null]);
}

test('SQLite to PostgreSQL and back, under load: nothing is lost, nothing comes twice', async () => {
	await using target = await startTrigger();
	const [first, middle, last] = [
		await newPlace('SQLite'),
		await newPlace('PostgreSQL'),
		await newPlace('SQLite'),
	];
	const env = { INBOX_WEBHOOK_SECRET: SECRET, INBOX_FORWARD_TO: target.url };
	await using inbox = await startBehindSocket({ ...env, INBOX_STORE: first });
	const result = await underLoad(inbox, target, async () => {
		await move(inbox, first, middle);
		await move(inbox, middle, last);
	});
	expect(result).toMatchObject({ refused: 0, lost: 0, twice: 0 });
	await inbox.end();
	const { store } = await openAt(last, []);
	const found = await store.search({ limit: 100_000 });
	expect(found).toHaveLength(result.sent);
	const undelivered = found.filter(({ deliveries }) =>
		deliveries.some(({ state }) => state !== 'delivered'),
	);
	expect(undelivered).toEqual([]);
}, 300_000);
