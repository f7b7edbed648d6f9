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
import { idOf } from '../../../harness/load';
import { deliver, sign } from '../../../harness/koeiq/sender';
import { activateWithSecrets } from '../../../harness/trigger';
import { poll } from '../../../harness/wait';
import { N8N_TEST_VERSION } from '../../support/version';
import { event, many, SECRET, send } from '../support/events';
import { metric } from '../support/metrics';

/* The inbox before a real n8n. */

const SECRETS = { webhookSecret: SECRET };
const OLD_SECRET = 'the-secret-before-the-rotation';
const CONCURRENCY = 4;

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

test('events of a workflow that fails arrive once it is mended, others meanwhile', async () => {
	let isBroken = true;
	const work = await StandIn.start(({ body }) =>
		isBroken && body.includes('bad_') ? { status: 500 } : {},
	);
	receivers.push(work);
	const workflow = workflowFor(work, 'lastNode');
	const { url } = await activateWithSecrets(n8n.client, workflow, SECRETS);
	const inbox = await start(url, { INBOX_RETRY_PAUSES: '1 1 1 2 2 2 4 4 4 8 8 8 16 16 32' });
	const bad = [event('bad'), event('bad')];
	const good = many(10, 'good');
	await send(inbox.url, [...bad, ...good]);
	const have = () => work.accepted.map(idOf);
	await poll('the others', 60_000, () => good.every(({ id }) => have().includes(id)));
	expect(bad.some(({ id }) => have().includes(id))).toBe(false);
	isBroken = false;
	await poll('the mended', 90_000, () => bad.every(({ id }) => have().includes(id)));
	expect(have()).toHaveLength(12);
}, 240_000);

test('an event of an old secret, one too old and one of another charset hold up none of 20 others', async () => {
	const work = await StandIn.start();
	receivers.push(work);
	const workflow = workflowFor(work, 'lastNode');
	const { url } = await activateWithSecrets(n8n.client, workflow, SECRETS);
	const inbox = await start(url, { INBOX_PREVIOUS_WEBHOOK_SECRET: OLD_SECRET });
	const [old, foreign] = [event('old'), event('foreign')];
	expect((await deliver(inbox.url, OLD_SECRET, old.payload)).status).toBe(200);
	const response = await fetch(inbox.url, {
		method: 'POST',
		headers: {
			'x-koeiq-signature': sign(SECRET, foreign.payload),
			'content-type': 'application/json; charset=shift_jis',
		},
		body: foreign.payload,
	});
	expect(response.status).toBe(200);
	const good = many(20, 'good');
	await send(inbox.url, good);
	const have = () => new Set(work.accepted.map(idOf));
	await poll('the others', 60_000, () => [...good, foreign].every(({ id }) => have().has(id)));
	expect(have().has(old.id)).toBe(false);
	const pending = async () => await metric(inbox.url, 'koeiq_inbox_pending', `target="${url}"`);
	// What has arrived may not be noted yet.
	await poll('the others to be noted', 60_000, async () => (await pending()) === 1);
}, 240_000);
