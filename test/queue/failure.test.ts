import { setTimeout as sleep } from 'node:timers/promises';

import { startQueue, type StartedQueue } from '../../harness/queue';
import { missingServices } from '../../harness/services';
import { activateWithSecrets, NEXT, triggerWorkflow } from '../../harness/trigger';
import { poll } from '../../harness/wait';
import { stream, type Sent } from '../support/stream';

/*
 * n8n in queue mode, under load: one part after the other is killed as a power cut would, and comes back. What was
 * answered 200 has its execution; what broke off half-way is marked as crashed, and runs to its end when it is retried.
 */

const SECRET = 'the-secret-of-the-queue-tests';
const PER_SECOND = 20;

const BROKEN_OFF = new Set(['crashed', 'error', 'canceled']);
const UNDER_WAY = new Set(['new', 'running']);
/** Far longer than any of these runs takes. */
const STUCK_MILLISECONDS = 20_000;

/** Executions that have been run again: n8n keeps them as they broke off. */
const retried = new Set<string>();

const missing = missingServices();
if (missing.length > 0) {
	process.stderr.write(`Queue mode is not tested: ${missing.join(' and ')} not found here.\n`);
}

let queue: StartedQueue;
let url: string;
let workflowId: string;

(missing.length > 0 ? describe.skip : describe)('queue mode', () => {
	beforeAll(async () => {
		queue = await startQueue({
			workers: 2,
			// Minutes: the soonest that n8n looks for executions whose worker is gone.
			env: { N8N_EXECUTIONS_QUEUE_RECOVERY_INTERVAL: '1' },
		});
		const secrets = { webhookSecret: SECRET };
		({ url, workflowId } = await activateWithSecrets(
			queue.client,
			triggerWorkflow(),
			secrets,
			queue.webhooks,
		));
	}, 240_000);

	afterAll(async () => {
		await queue.stop();
	});

	const PARTS = ['worker', 'webhook processor', 'Redis', 'PostgreSQL'] as const;

	test.each(PARTS)(
		'with a %s killed under load, nothing that was answered 200 is lost, and all of it finishes',
		async (name) => {
			const part = {
				worker: queue.workers[0],
				'webhook processor': queue.webhookProcessors[0],
				Redis: queue.redis,
				PostgreSQL: queue.postgres,
			}[name];
			const events = stream(
				() => url,
				() => SECRET,
				PER_SECOND,
			);
			await sleep(3_000);
			const killed = Date.now();
			await part?.kill();
			await sleep(3_000);
			const restarted = Date.now();
			await part?.restart();
			await restartWhatEnded();
			await poll('events to be accepted again', 60_000, async () => {
				const again = events.sent.filter(({ at, status }) => at > restarted && status === 200);
				return again.length > PER_SECOND * 2;
			});
			await events.end();

			const accepted = events.sent.filter(({ status }) => status === 200);
			const whileDown = events.sent.filter(
				({ at, answeredAt }) => at > killed && answeredAt < restarted,
			);
			const runs = await settle(accepted);
			const count = (wanted: (ran: string[]) => boolean) =>
				accepted.filter(({ id }) => wanted(runs.get(id) ?? [])).length;
			const figures = {
				part: name,
				sent: events.sent.length,
				'answered 200': accepted.length,
				'answered 200 while it was down': whileDown.filter(({ status }) => status === 200).length,
				lost: count((ran) => ran.length === 0),
				'cut off, then run again': count((ran) => ran.some((status) => BROKEN_OFF.has(status))),
				'not finished': count((ran) => ran.length > 0 && !ran.includes('success')),
				'finished twice': count((ran) => ran.filter((status) => status === 'success').length > 1),
			};
			process.stderr.write(`${JSON.stringify(figures)}\n`);

			expect(figures).toMatchObject({ lost: 0, 'not finished': 0, 'finished twice': 0 });
			// A worker is not missed while there is another; without any other part there is no good answer.
			if (name !== 'worker') expect(figures['answered 200 while it was down']).toBe(0);
		},
		300_000,
	);
});

/** As the compose file's `restart` does with a process that gives up. */
async function restartWhatEnded(): Promise<void> {
	for (const part of [queue.main, ...queue.webhookProcessors, ...queue.workers]) {
		if (part.hasEnded()) await part.restart();
	}
}

/** Waits until every execution has ended, runs again what broke off, and tells each event's outcomes. */
async function settle(accepted: Sent[]): Promise<Map<string, string[]>> {
	const startedAt = Date.now();
	let runs = new Map<string, string[]>();
	await poll('every execution to end', 200_000, async () => {
		const executions = await readExecutions();
		for (const { id, status, mode } of executions) {
			if (mode === 'retry' || retried.has(id)) continue;
			// A worker that died between taking a run and beginning it leaves it so.
			const isStuck = UNDER_WAY.has(status) && Date.now() - startedAt > STUCK_MILLISECONDS;
			if (isStuck) await queue.client.stopExecution(id);
			if (!isStuck && !BROKEN_OFF.has(status)) continue;
			retried.add(id);
			await queue.client.retry(id);
		}
		runs = new Map(
			accepted.map(({ id }) => [
				id,
				executions.filter(({ data }) => data.includes(id)).map(({ status }) => status),
			]),
		);
		const over = [...runs.values()].every((statuses) => statuses.includes('success'));
		if (!over) await sleep(2_000);
		return over || Date.now() - startedAt > 180_000;
	});
	return runs;
}

/** From the database itself: whatever n8n shows or hides. */
async function readExecutions(): Promise<
	Array<{ id: string; status: string; mode: string; data: string }>
> {
	const rows = await queue.postgres.query(
		`select id, status, mode, data from execution_entity join execution_data on "executionId" = id where "workflowId" = '${workflowId}'`,
	);
	return await Promise.all(
		rows.map(async ([id = '', status = '', mode = '', data = '']) => {
			// Of a run that was stopped first, n8n calls the second an error too: what it did is what counts.
			const didNext = async () => (await queue.client.execution(id)).outputs(NEXT) !== undefined;
			const isDone = mode === 'retry' && status === 'error' && (await didNext());
			return { id, status: isDone ? 'success' : status, mode, data };
		}),
	);
}
