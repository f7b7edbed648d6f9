import { once } from 'node:events';
import { parseArgs } from 'node:util';

import { OWNER } from '../harness/client';
import { AsyncDisposableStack } from '../harness/disposal';
import { startInbox } from '../harness/inbox';
import { deliver, sign, TEST_PING } from '../harness/koeiq/sender';
import { startN8n } from '../harness/n8n';
import { LAZY_ISOLATES } from '../harness/n8n-settings';
import { freePort, PortInUseError } from '../harness/ports';
import { HarnessError, toStandardError } from '../harness/report';
import { restartUnderLoad, workflowFor, type Restarted } from '../harness/restart';
import { StandIn } from '../harness/stand-in';
import { activateWithSecrets } from '../harness/trigger';

/*
 * What the inbox is for, on a real n8n: two streams of events, one straight to n8n and one through the inbox, and one
 * ordinary restart of n8n in their middle.
 */

const SECRET = 'demo-secret-of-this-n8n-only';
const PAGE_PASSWORD = 'demo-page-password';
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
	const secrets = { webhookSecret: SECRET };
	// Each workflow calls a service, as a real one does: what that gets is what was done.
	const workOfStraight = running.use(await StandIn.start());
	const work = running.use(await StandIn.start());
	const straight = await activateWithSecrets(
		n8n.client,
		workflowFor(workOfStraight, 'onReceived'),
		secrets,
	);
	// So that the inbox does again what the restart cuts off.
	const main = await activateWithSecrets(n8n.client, workflowFor(work, 'lastNode'), secrets);
	toStandardError('Starting the inbox …');
	const pagePort = await freePort();
	const inbox = running.use(
		await startInbox({
			env: {
				INBOX_WEBHOOK_SECRET: SECRET,
				INBOX_FORWARD_TO: main.url,
				INBOX_ADMIN_PORT: String(pagePort),
				INBOX_PAGE_PASSWORD: PAGE_PASSWORD,
			},
		}),
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
	const lost = results.filter(({ name, sent, run }) => name !== STRAIGHT && run < sent);
	if (isOnce) {
		process.exitCode = lost.length === 0 && forged.status === 401 ? 0 : 1;
		return;
	}
	console.log(`
The editor     ${n8n.url}/workflow/${main.workflowId}
Sign in with   ${OWNER.email}, password ${OWNER.password}
The inbox      ${url}
Its page       http://127.0.0.1:${pagePort}, password ${PAGE_PASSWORD}
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
