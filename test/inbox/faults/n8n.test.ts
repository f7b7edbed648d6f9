import { startInbox } from '../../../harness/inbox';
import { idOf, measureLosses } from '../../../harness/load';
import { startN8n, type StartedN8n } from '../../../harness/n8n';
import { LAZY_ISOLATES } from '../../../harness/n8n-settings';
import { restartUnderLoad, workflowFor } from '../../../harness/restart';
import { StandIn } from '../../../harness/stand-in';
import { activateWithSecrets } from '../../../harness/trigger';
import { disposedAfterAll } from '../../support/disposed';
import { N8N_TEST_VERSION } from '../../support/version';
import { SECRET } from '../support/events';

/* The inbox before a real n8n: an ordinary restart at each change, kills by the dozen in the soak. */

const CONCURRENCY = 4;
const TRIES = process.env.INBOX_FAULT_TRIES;

const started = disposedAfterAll();
let n8n: StartedN8n;

beforeAll(async () => {
	n8n = await started(startN8n({ version: N8N_TEST_VERSION, env: LAZY_ISOLATES }));
}, 600_000);

const FAULTS = [
	{ fault: 'SIGTERM of n8n', signal: 'SIGTERM', isInboxToo: false },
	{ fault: 'kill -9 of n8n', signal: 'SIGKILL', isInboxToo: false },
	{ fault: 'kill -9 of n8n and the inbox', signal: 'SIGKILL', isInboxToo: true },
] as const;

test.each(TRIES === undefined ? FAULTS.slice(0, 1) : FAULTS)(
	'$fault loses nothing',
	async ({ fault, signal, isInboxToo }) => {
		const tries = Number(TRIES ?? 1);
		const work = await started(StandIn.start());
		const workflow = workflowFor(work, 'lastNode');
		const trigger = await activateWithSecrets(n8n.client, workflow, { webhookSecret: SECRET });
		await using inbox = await startInbox({
			env: {
				INBOX_WEBHOOK_SECRET: SECRET,
				INBOX_FORWARD_TO: trigger.url,
				INBOX_CONCURRENCY: String(CONCURRENCY),
			},
		});
		const make = async () => {
			await Promise.all([n8n.kill(signal), isInboxToo && inbox.kill()]);
			if (isInboxToo) await inbox.restart();
		};
		const load = { url: `${inbox.url}/koeiq`, secret: SECRET, perSecond: 10 };
		const done = () => work.accepted.map(idOf);
		const restarts = () => restartUnderLoad(n8n, trigger.url, { tries, make });
		const figures = await measureLosses(load, done, restarts);
		process.stderr.write(`${fault} ${N8N_TEST_VERSION}: ${JSON.stringify(figures)}\n`);
		expect(figures.lost).toBe(0);
		// What came while the inbox itself was dead was not taken.
		if (!isInboxToo) expect(figures.taken).toBe(figures.sent);
		// At most what was under way each time: n8n may have begun it, or even finished it.
		expect(figures.twice).toBeLessThanOrEqual(tries * CONCURRENCY);
	},
	900_000,
);
