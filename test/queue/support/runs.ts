import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';

import { lastLines } from '../../../harness/command';
import { idOf } from '../../../harness/load';
import type { StartedQueue } from '../../../harness/queue';
import { HarnessError } from '../../../harness/report';
import type { StandIn } from '../../../harness/stand-in';
import { activateWithSecrets, triggerWorkflow, type Activated } from '../../../harness/trigger';
import { poll } from '../../../harness/wait';

export const SECRET = 'the-secret-of-the-queue-tests';

const BROKEN_OFF = ['crashed', 'error', 'canceled'];
const UNDER_WAY = ['new', 'running'];
/** A process that has lost all its connections to PostgreSQL notices it after three and a half minutes. */
const OUTAGE_TIMEOUT_MS = 300_000;
/** Far longer than any of these runs takes. A run counts as stuck after no other has done its work for so long. */
const STUCK_MS = 20_000;

/** A workflow that gives each event to a service as its last step: what the service got is what was done. */
export async function activateWork(
	queue: StartedQueue,
	responseMode: 'onReceived' | 'lastNode',
	service: StandIn,
): Promise<Activated> {
	const parameters = { responseMode, outputMode: 'single' };
	const workflow = triggerWorkflow({ parameters, next: service.node() });
	return await activateWithSecrets(queue.client, workflow, { webhookSecret: SECRET });
}

/**
 * Waits until n8n takes events again after an outage.
 *
 * @throws {HarnessError} with the last words of each process
 */
export async function untilAccepted(queue: StartedQueue, isAccepted: () => boolean): Promise<void> {
	try {
		await poll('events to be accepted again', OUTAGE_TIMEOUT_MS, async () => {
			await restartWhatEnded(queue);
			return isAccepted();
		});
	} catch (error) {
		const words = processesOf(queue).map(
			async ({ logFile }) => `${logFile}:\n${lastLines(await readFile(logFile, 'utf8'))}`,
		);
		throw new HarnessError([error, ...(await Promise.all(words))].join('\n'));
	}
}

/**
 * Waits until the work of every event is done. A run that broke off is run again, as an operator does, and anew for as
 * long as nothing comes of it; one that n8n believes to be running although its worker is gone is stopped first.
 *
 * @returns the events whose work has not been done
 */
export async function undone(
	queue: StartedQueue,
	workflowId: string,
	service: StandIn,
	events: readonly string[],
): Promise<string[]> {
	const retried = new Set<string>();
	const left = () => {
		const done = new Set(service.accepted.map(idOf));
		return events.filter((event) => !done.has(event));
	};
	let [done, lastAt] = [service.requests.length, Date.now()];
	let triedAt = lastAt;
	while (left().length > 0 && Date.now() - lastAt < OUTAGE_TIMEOUT_MS) {
		await restartWhatEnded(queue);
		const isIdle = Date.now() - lastAt > STUCK_MS;
		if (isIdle && Date.now() - triedAt > 3 * STUCK_MS) {
			retried.clear();
			triedAt = Date.now();
		}
		// n8n does not always answer while it gets its connections back: asked again in the next round.
		for (const { id, status, mode } of await queue.client.runs(workflowId).catch(() => [])) {
			const isStuck = isIdle && UNDER_WAY.includes(status);
			if (mode === 'retry' || retried.has(id)) continue;
			if (!isStuck && !BROKEN_OFF.includes(status)) continue;
			try {
				if (isStuck) await queue.client.stopExecution(id);
				await queue.client.retry(id);
				retried.add(id);
			} catch {}
		}
		await sleep(1_000);
		if (service.requests.length > done) [done, lastAt] = [service.requests.length, Date.now()];
	}
	if (left().length > 0) {
		const runs = await queue.client.runs(workflowId);
		const broken = runs.filter(({ status }) => status !== 'success');
		process.stderr.write(
			`${runs.length} runs, of which not successful: ${JSON.stringify(broken)}\n`,
		);
	}
	return left();
}

/** As the compose file's `restart` does with a process that gives up. */
async function restartWhatEnded(queue: StartedQueue): Promise<void> {
	for (const part of processesOf(queue)) {
		if (part.hasEnded()) await part.restart();
	}
}

function processesOf({ main, webhookProcessors, workers }: StartedQueue) {
	return [main, ...webhookProcessors, ...workers];
}
