import { startInbox, type Inbox } from '../../../harness/inbox';
import { LAZY_ISOLATES } from '../../../harness/n8n-settings';
import { startN8n, type StartedN8n } from '../../../harness/n8n';
import {
	restartUnderLoad,
	workflowFor,
	type Restarted,
	type Route,
} from '../../../harness/restart';
import { StandIn } from '../../../harness/stand-in';
import { activateWithSecrets, triggerWorkflow } from '../../../harness/trigger';
import { poll } from '../../../harness/wait';
import { N8N_TEST_VERSION } from '../../support/version';
import { event, many, SECRET, send } from '../support/events';
import { metric } from '../support/metrics';
import { Target } from '../support/target';

/* The inbox before a real n8n. */

const SECRETS = { webhookSecret: SECRET };
const CONCURRENCY = 4;
/* n8n takes its time to start. */
const TRIES = Number(process.env.INBOX_FAULT_TRIES ?? 1);

let n8n: StartedN8n;
const inboxes: Inbox[] = [];
const receivers: StandIn[] = [];

beforeAll(async () => {
	n8n = await startN8n({ version: N8N_TEST_VERSION, env: LAZY_ISOLATES });
}, 600_000);

afterAll(async () => {
	for (const inbox of inboxes) await inbox.stop();
	await n8n.stop();
	for (const receiver of receivers) await receiver.stop();
});

async function start(to: string, env: NodeJS.ProcessEnv = {}): Promise<Inbox> {
	const inbox = await startInbox({
		env: {
			INBOX_WEBHOOK_SECRET: SECRET,
			INBOX_FORWARD_TO: to,
			INBOX_CONCURRENCY: String(CONCURRENCY),
			...env,
		},
	});
	inboxes.push(inbox);
	return inbox;
}

function print(result: Restarted): void {
	process.stderr.write(`${JSON.stringify({ n8n: N8N_TEST_VERSION, ...result })}\n`);
}

/** A workflow that answers so, and calls a service as its last step. */
async function workflowWith(
	responseMode: 'onReceived' | 'lastNode',
): Promise<Pick<Route, 'url' | 'workflowId' | 'work'>> {
	const work = await StandIn.start();
	receivers.push(work);
	const workflow = workflowFor(work, responseMode);
	const { url, workflowId } = await activateWithSecrets(n8n.client, workflow, SECRETS);
	return { url, workflowId, work };
}

test('an ordinary restart of n8n loses nothing behind the inbox', async () => {
	const straight = await workflowWith('onReceived');
	// Immediately, n8n answers 200 and can cut the run off: it is stored and marked as crashed, and not run again by itself.
	const behind = await workflowWith('lastNode');
	const inbox = await start(behind.url);
	const results = await restartUnderLoad(n8n, SECRET, behind.url, [
		{ ...straight, name: 'straight to n8n', isKept: false },
		{ ...behind, name: 'through the inbox', isKept: true, url: `${inbox.url}/koeiq` },
	]);
	results.forEach(print);
	const [without, through] = results;
	expect(without?.run).toBeLessThan(without?.sent ?? 0);
	expect(through).toMatchObject({ taken: through?.sent, run: through?.sent });
	// While it stops, n8n may answer 500 to what it has begun.
	expect(through?.twice).toBeLessThanOrEqual(CONCURRENCY);
}, 900_000);

/* Twice at most what was under way at each: n8n may have begun it, or even finished it. */
test.each([
	{ fault: 'SIGTERM of n8n', signal: 'SIGTERM', isInboxToo: false },
	{ fault: 'kill -9 of n8n', signal: 'SIGKILL', isInboxToo: false },
	{ fault: 'kill -9 of n8n and the inbox', signal: 'SIGKILL', isInboxToo: true },
] as const)(
	'$fault loses nothing',
	async ({ fault, signal, isInboxToo }) => {
		const behind = await workflowWith('lastNode');
		const inbox = await start(behind.url);
		const make = async () => {
			await Promise.all([n8n.kill(signal), isInboxToo && inbox.kill()]);
			if (isInboxToo) await inbox.restart();
		};
		const route = { ...behind, name: fault, isKept: true, url: `${inbox.url}/koeiq` };
		const fail = { tries: TRIES, make };
		const [figures] = await restartUnderLoad(n8n, SECRET, behind.url, [route], fail);
		if (figures === undefined) throw new Error('Nothing was counted.');
		print(figures);
		expect(figures.lost).toBe(0);
		// What came while the inbox itself was dead was not taken.
		if (!isInboxToo) expect(figures.taken).toBe(figures.sent);
		expect(figures.twice).toBeLessThanOrEqual(TRIES * CONCURRENCY);
	},
	900_000,
);

test('events of a workflow that fails arrive once it is mended, others meanwhile', async () => {
	const work = await Target.start();
	let isBroken = true;
	work.behave = (got, response) => {
		if (isBroken && got.id.startsWith('bad')) work.answering(500)(got, response);
		else work.take(got, response);
	};
	const { url } = await activateWithSecrets(
		n8n.client,
		triggerWorkflow({
			parameters: { outputMode: 'single', responseMode: 'lastNode' },
			next: {
				type: 'n8n-nodes-base.httpRequest',
				typeVersion: 4.2,
				parameters: {
					...{ method: 'POST', url: work.url, sendBody: true, specifyBody: 'json' },
					...{ jsonBody: '={{ $json }}', options: {} },
				},
			},
		}),
		SECRETS,
	);
	const pauses = '1 1 1 2 2 2 4 4 4 8 8 8';
	const inbox = await start(url, { INBOX_RETRY_PAUSES: pauses });
	const bad = [event('bad'), event('bad')];
	const good = many(10, 'good');
	await send(inbox.url, [...bad, ...good]);
	const have = () => new Set(work.taken.map(({ id }) => id));
	await poll('the others to arrive', 30_000, () => good.every(({ id }) => have().has(id)));
	const pending = async () => await metric(inbox.url, 'koeiq_inbox_pending', `target="${url}"`);
	await poll('the others to be done with', 20_000, async () => (await pending()) === 2);
	expect(bad.some(({ id }) => have().has(id))).toBe(false);
	isBroken = false;
	await poll('the mended to arrive', 40_000, () => bad.every(({ id }) => have().has(id)));
	expect(work.taken).toHaveLength(12);
	await work.close();
}, 120_000);
