import { once } from 'node:events';
import { parseArgs } from 'node:util';

import { OWNER } from '../harness/client';
import { AsyncDisposableStack } from '../harness/disposal';
import { startInbox } from '../harness/inbox';
import { idOf } from '../harness/load';
import { deliver, sign, TEST_PING } from '../harness/koeiq/sender';
import { startN8n } from '../harness/n8n';
import { LAZY_ISOLATES } from '../harness/n8n-settings';
import { freePort, PortInUseError } from '../harness/ports';
import { HarnessError, toStandardError } from '../harness/report';
import { restartUnderLoad, workflowFor, type Restarted } from '../harness/restart';
import { StandIn } from '../harness/stand-in';
import { activateWithSecrets, INBOX_CREDENTIAL, registerAtInbox } from '../harness/trigger';
import { poll } from '../harness/wait';
import type { Workflow } from '../harness/workflow';

/*
 * What the inbox is for, on a real n8n. Three workflows: one gets its events straight from KoeIQ, two register themselves at
 * the inbox. One of the two is unpublished, n8n is restarted in the middle of two streams of events, and it is published again.
 */

const SECRET = 'demo-secret-of-this-n8n-only';
const PAGE_PASSWORD = 'demo-page-password';
const API_KEY = 'demo-key-of-this-inbox-only';
const STRAIGHT = 'straight to n8n';

main().catch((error: unknown) => {
	toStandardError(error instanceof HarnessError ? `\n${error.message}` : String(error));
	if (error instanceof PortInUseError) {
		toStandardError('Stop that program, or choose another: npm run start:inbox -- --port 5690');
	}
	process.exit(1);
});

async function main(): Promise<void> {
	const { once: isOnce, port } = readArguments();
	for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => process.exit(130));

	// As shipped, n8n takes fewer events a second than are sent here; `deploy/` has this too.
	await using running = new AsyncDisposableStack();
	const n8n = running.use(await startN8n({ port, env: LAZY_ISOLATES }));
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
	const atInbox = await n8n.client.createCredential(INBOX_CREDENTIAL, {
		...{ url: admin, apiKey: API_KEY, n8nUrl: n8n.url },
	});
	// Each workflow calls a service, as a real one does: what that gets is what was done.
	const [workOfStraight, work, workOfPaused] = await Promise.all([
		StandIn.start(),
		StandIn.start(),
		StandIn.start(),
	]);
	for (const service of [workOfStraight, work, workOfPaused]) running.use(service);
	const publish = async (workflow: Workflow) =>
		await activateWithSecrets(n8n.client, workflow, { webhookSecret: SECRET });
	const straight = await publish(workflowFor(workOfStraight, 'onReceived'));
	// So that the inbox does again what the restart cuts off.
	const main = await publish(registerAtInbox(workflowFor(work, 'lastNode'), atInbox));
	const paused = await publish(registerAtInbox(workflowFor(workOfPaused, 'lastNode'), atInbox));
	await n8n.client.deactivate(paused.workflowId);
	console.log(
		'\nTwo workflows have registered themselves at the inbox. The second is unpublished: what comes is kept for it.',
	);

	const ping = JSON.stringify(TEST_PING);
	const url = `${inbox.url}/koeiq`;
	const forged = await deliver(url, SECRET, ping, sign('a secret that KoeIQ does not have', ping));
	console.log(
		`\nA forgery, sent to the inbox: ${forged.status} ${forged.body}. n8n never sees it.\n`,
	);
	toStandardError('Sending ten events a second on both ways, and restarting n8n in the middle …');
	const results = await restartUnderLoad(
		n8n,
		SECRET,
		main.url,
		[
			{ ...straight, name: STRAIGHT, isKept: false, work: workOfStraight },
			{ ...main, name: 'through the inbox', isKept: true, url, work },
		],
		{ report: toStandardError },
	);
	print(results);
	const kept = results.find(({ name }) => name !== STRAIGHT)?.taken ?? 0;
	const missed = workOfPaused.accepted.length;
	await n8n.client.activate(paused.workflowId);
	const late = () => new Set(workOfPaused.accepted.map(idOf)).size;
	await poll('the second workflow', 300_000, () => late() >= kept).catch(() => {});
	console.log(
		`The second workflow got ${missed} while it was unpublished, and ${late()} of ${kept} once it was published again.`,
	);
	const lost = results.filter(({ name, sent, run }) => name !== STRAIGHT && run < sent);
	if (isOnce) {
		const isRight = lost.length === 0 && forged.status === 401 && missed === 0 && late() === kept;
		process.exitCode = isRight ? 0 : 1;
		return;
	}
	console.log(`
The editor     ${n8n.url}/workflow/${main.workflowId}
Sign in with   ${OWNER.email}, password ${OWNER.password}
The inbox      ${url}
Its page       ${admin}, password ${PAGE_PASSWORD}
Its API        ${admin}/api/v1, key ${API_KEY}
Secret         ${SECRET}

Ctrl-C stops n8n and the inbox; everything in them goes with them.`);
	for (const name of ['SIGINT', 'SIGTERM'] as const) process.removeAllListeners(name);
	await Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')]);
	toStandardError('\nStopping the inbox and n8n …');
}

function readArguments(): { once: boolean; port: number | undefined } {
	try {
		const { values } = parseArgs({
			options: {
				once: { type: 'boolean', default: false },
				port: { type: 'string' },
				inbox: { type: 'boolean', default: false },
			},
		});
		const port = values.port === undefined ? undefined : Number(values.port);
		if (port !== undefined && !(Number.isInteger(port) && port >= 1 && port <= 65_535)) {
			throw new HarnessError(`--port takes a number from 1 to 65535, not ${String(values.port)}.`);
		}
		return { once: values.once, port };
	} catch (error) {
		if (error instanceof HarnessError) throw error;
		throw new HarnessError('Usage: npm run start:inbox -- [--once] [--port N]');
	}
}

function print(results: readonly Restarted[]): void {
	const line = (cells: readonly string[]) => {
		const [name = '', ...numbers] = cells;
		console.log(name.padEnd(20) + numbers.map((cell) => cell.padStart(16)).join(''));
	};
	line(['Over one restart', 'sent', 'answered 200', 'run', 'run twice', 'slowest answer']);
	for (const { name, sent, taken, run, twice, slowestAnswer } of results) {
		line([name, ...[sent, taken, run, twice].map(String), `${slowestAnswer} ms`]);
	}
	for (const { name, sent, run } of results) {
		console.log(`${name}: ${sent - run} of ${sent} events lost.`);
	}
}
