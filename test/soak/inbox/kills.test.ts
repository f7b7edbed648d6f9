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
import { activateWithSecrets } from '../../../harness/trigger';
import { N8N_TEST_VERSION } from '../../support/version';
import { SECRET } from '../../inbox/support/events';

/* The inbox before a real n8n that is killed again and again. */

const SECRETS = { webhookSecret: SECRET };
const CONCURRENCY = 4;
/* n8n takes its time to start. */
const TRIES = Number(process.env.INBOX_FAULT_TRIES ?? 6);

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
