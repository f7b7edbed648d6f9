import { parseArgs } from 'node:util';

import { OWNER } from '../harness/client';
import { AsyncDisposableStack } from '../harness/disposal';
import { startInbox } from '../harness/inbox';
import { deliver, TEST_PING } from '../harness/koeiq/sender';
import { idOf, measureLosses } from '../harness/load';
import { startN8n } from '../harness/n8n';
import { LAZY_ISOLATES } from '../harness/n8n-settings';
import { freePort } from '../harness/ports';
import { toStandardError } from '../harness/report';
import { restartUnderLoad, workflowFor } from '../harness/restart';
import { StandIn } from '../harness/stand-in';
import { activateWithSecrets, INBOX_CREDENTIAL, registerAtInbox } from '../harness/trigger';
import { poll } from '../harness/wait';
import { printTable, runCommand, toPort, whenToldToEnd } from './command';

/*
 * What the inbox is for, on a real n8n. Three workflows: one gets its events straight from KoeIQ, two register themselves at
 * the inbox. One of the two is unpublished, n8n is restarted in the middle of two streams of events, and it is published again.
 */

const SECRET = 'demo-secret-of-this-n8n-only';
const PAGE_PASSWORD = 'demo-page-password';
const API_KEY = 'demo-key-of-this-inbox-only';

runCommand('npm run start:inbox -- [--once] [--port N]', async () => {
	const { values } = parseArgs({
		options: { once: { type: 'boolean' }, port: { type: 'string' }, inbox: { type: 'boolean' } },
	});
	const setEnd = whenToldToEnd(() => process.exit(130));
	await using running = new AsyncDisposableStack();
	// As shipped, n8n takes fewer events a second than are sent here; `deploy/` has this too.
	const n8n = running.use(await startN8n({ port: toPort(values.port), env: LAZY_ISOLATES }));
	toStandardError('Starting the inbox …');
	const adminPort = await freePort();
	const admin = `http://127.0.0.1:${adminPort}`;
	const inbox = running.use(
		await startInbox({
			env: {
				INBOX_WEBHOOK_SECRET: SECRET,
				INBOX_ADMIN_PORT: String(adminPort),
				INBOX_PAGE_PASSWORD: PAGE_PASSWORD,
				INBOX_API_KEY: API_KEY,
			},
		}),
	);
	const url = `${inbox.url}/koeiq`;
	const connection = { url: admin, apiKey: API_KEY, n8nUrl: n8n.url };
	const atInbox = await n8n.client.createCredential(INBOX_CREDENTIAL, connection);
	/** A workflow that calls a service, as a real one does: what that gets is what was done. */
	const publish = async (isAtInbox: boolean) => {
		const work = running.use(await StandIn.start());
		// So that the inbox does again what the restart cuts off.
		const workflow = workflowFor(work, isAtInbox ? 'lastNode' : 'onReceived');
		if (isAtInbox) registerAtInbox(workflow, atInbox);
		const secrets = { webhookSecret: SECRET };
		return { ...(await activateWithSecrets(n8n.client, workflow, secrets)), work };
	};
	const straight = await publish(false);
	const main = await publish(true);
	const paused = await publish(true);
	await n8n.client.deactivate(paused.workflowId);
	console.log(
		'\nTwo workflows have registered themselves at the inbox. The second is unpublished: what comes is kept for it.',
	);

	const forged = await deliver(url, 'a secret that KoeIQ does not have', JSON.stringify(TEST_PING));
	console.log(
		`\nA forgery, sent to the inbox: ${forged.status} ${forged.body}. n8n never sees it.\n`,
	);
	toStandardError('Sending ten events a second on both ways, and restarting n8n in the middle …');
	const restarted = restartUnderLoad(n8n, main.url, { report: toStandardError });
	const measure = async (name: string, to: string, work: StandIn, idle?: number) => {
		const load = { url: to, secret: SECRET, perSecond: 10 };
		const done = () => work.accepted.map(idOf);
		return { name, ...(await measureLosses(load, done, () => restarted, idle)) };
	};
	const results = await Promise.all([
		// Nothing keeps what n8n has not run by then.
		measure('straight to n8n', straight.url, straight.work, 10_000),
		measure('through the inbox', url, main.work),
	]);
	const row = (name: string, cells: Array<string | number>) => {
		console.log(name.padEnd(20) + cells.map((cell) => String(cell).padStart(16)).join(''));
	};
	row('Over one restart', ['sent', 'answered 200', 'run', 'run twice', 'slowest answer']);
	for (const { name, sent, taken, run, twice, slowestAnswer } of results) {
		row(name, [sent, taken, run, twice, `${slowestAnswer} ms`]);
	}
	for (const { name, sent, run } of results) {
		console.log(`${name}: ${sent - run} of ${sent} events lost.`);
	}

	const [, through] = results;
	const kept = through.taken;
	const missed = paused.work.accepted.length;
	await n8n.client.activate(paused.workflowId);
	const late = () => new Set(paused.work.accepted.map(idOf)).size;
	await poll('the second workflow', 300_000, () => late() >= kept).catch(() => {});
	console.log(
		`The second workflow got ${missed} while it was unpublished, and ${late()} of ${kept} once it was published again.`,
	);
	if (values.once) {
		const isNothingLost = through.run === through.sent && late() === kept;
		process.exitCode = isNothingLost && forged.status === 401 && missed === 0 ? 0 : 1;
		return;
	}
	console.log();
	printTable({
		'The editor': `${n8n.url}/workflow/${main.workflowId}`,
		'Sign in with': `${OWNER.email}, password ${OWNER.password}`,
		'The inbox': url,
		'Its page': `${admin}, password ${PAGE_PASSWORD}`,
		'Its API': `${admin}/api/v1, key ${API_KEY}`,
		Secret: SECRET,
	});
	console.log('\nCtrl-C stops n8n and the inbox; everything in them goes with them.');
	await new Promise<void>((resolve) => {
		setEnd(resolve);
	});
	toStandardError('\nStopping the inbox and n8n …');
});
