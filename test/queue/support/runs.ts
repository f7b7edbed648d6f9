import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';

import { lastLines } from '../../../harness/command';
import type { StartedQueue } from '../../../harness/queue';
import { HarnessError } from '../../../harness/report';
import type { Postgres } from '../../../harness/services';
import {
	activateWithSecrets,
	NEXT,
	triggerWorkflow,
	type Activated,
} from '../../../harness/trigger';
import { poll } from '../../../harness/wait';
import type { NodeKind } from '../../../harness/workflow';

/** One execution of an event, as the database has it. */
export interface Run {
	id: string;
	/** The event's `voicelog_id`. */
	event: string;
	/** n8n's own, or `gone` if the execution has no row any more. */
	status: string;
	mode: string;
	/** Whether the execution still has the event. Without it, nothing can run it again. */
	holdsEvent: boolean;
}

/** A run that ended so can be run again. */
const BROKEN_OFF = new Set(['crashed', 'error', 'canceled']);
const UNDER_WAY = new Set(['new', 'running']);
/** A process that has lost all its connections to PostgreSQL notices it after three and a half minutes. */
const OUTAGE_TIMEOUT_MS = 300_000;
/** Far longer than any of these runs takes. A run counts as stuck after no other has ended for so long. */
const STUCK_MS = 20_000;

/** A new workflow whose trigger answers so. */
export async function activateFor(
	queue: StartedQueue,
	webhookSecret: string,
	responseMode: 'onReceived' | 'lastNode',
	next?: NodeKind,
): Promise<Activated> {
	const workflow = triggerWorkflow({ parameters: { responseMode, outputMode: 'single' }, next });
	return await activateWithSecrets(queue.client, workflow, { webhookSecret });
}

/**
 * Has PostgreSQL note which event each execution was made for: n8n can write over what it stored, and the event is in
 * nothing else.
 */
export async function noteArrivals(postgres: Postgres): Promise<void> {
	await postgres.query(`
		create table arrival (execution int primary key, event text);
		create function note_arrival() returns trigger language plpgsql as $$ begin
			insert into arrival values (new."executionId", substring(new.data from 'vl_[0-9_]+'));
			return null;
		end $$;
		create trigger note_arrival after insert on execution_data
			for each row execute function note_arrival();`);
}

/** Every execution that was made since {@link noteArrivals}, by its event. */
export async function readRuns(queue: StartedQueue): Promise<Map<string, Run[]>> {
	const rows = await queue.postgres.query(
		`select execution, event, coalesce(status, 'gone'), coalesce(mode, ''), coalesce(position(event in data), 0) > 0
		from arrival left join execution_entity on id = execution left join execution_data on "executionId" = execution
		where event <> '' order by execution`,
	);
	const runs = new Map<string, Run[]>();
	for (const [id = '', event = '', status = '', mode = '', holdsEvent] of rows) {
		const run = { id, event, status, mode, holdsEvent: holdsEvent === 't' };
		runs.set(event, [...(runs.get(event) ?? []), await asItEnded(queue, run)]);
	}
	return runs;
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

/** As the compose file's `restart` does with a process that gives up. */
async function restartWhatEnded(queue: StartedQueue): Promise<void> {
	for (const part of processesOf(queue)) {
		if (part.hasEnded()) await part.restart();
	}
}

function processesOf({ main, webhookProcessors, workers }: StartedQueue) {
	return [main, ...webhookProcessors, ...workers];
}

/**
 * Waits until every execution of these events has ended, and runs again what broke off, once.
 *
 * @returns the executions by event, whether or not all of them ended in time
 */
export async function settle(
	queue: StartedQueue,
	events: readonly string[],
): Promise<Map<string, Run[]>> {
	const startedAt = Date.now();
	const retried = new Set<string>();
	let runs = new Map<string, Run[]>();
	let [ended, lastEndedAt] = [0, startedAt];
	await poll('every execution to end', OUTAGE_TIMEOUT_MS + 10_000, async () => {
		await restartWhatEnded(queue);
		runs = await readRuns(queue);
		const now = [...runs.values()].flat().filter(({ status }) => !UNDER_WAY.has(status)).length;
		if (now > ended) [ended, lastEndedAt] = [now, Date.now()];
		const open = events.flatMap((event) => {
			const all = runs.get(event) ?? [];
			return all.some(({ status }) => status === 'success') ? [] : all;
		});
		for (const { id, status, mode, holdsEvent } of open) {
			if (mode === 'retry' || retried.has(id) || !holdsEvent) continue;
			// A worker that died between taking a run and beginning it leaves it so.
			const isStuck = UNDER_WAY.has(status) && Date.now() - lastEndedAt > STUCK_MS;
			if (!isStuck && !BROKEN_OFF.has(status)) continue;
			// n8n does not always answer while it gets its connections back: asked again in the next round.
			try {
				if (isStuck) await queue.client.stopExecution(id);
				await queue.client.retry(id);
				retried.add(id);
			} catch {}
		}
		const over = open.every(({ holdsEvent }) => !holdsEvent);
		if (!over) await sleep(2_000);
		return over || Date.now() - startedAt > OUTAGE_TIMEOUT_MS;
	});
	return runs;
}

/** What became of events that were answered 200: how many of them, by outcome. */
export interface Fates {
	'answered 200': number;
	/** No execution was ever made. */
	'without an execution': number;
	/** The execution is there, and its event is not: n8n wrote an error over it. */
	'written over': number;
	'cut off, then run again': number;
	'not finished': number;
	'finished twice': number;
}

export function countFates(events: readonly string[], runs: Map<string, Run[]>): Fates {
	const count = (wanted: (all: Run[]) => boolean) =>
		events.filter((event) => wanted(runs.get(event) ?? [])).length;
	const successes = (all: Run[]) => all.filter(({ status }) => status === 'success').length;
	return {
		'answered 200': events.length,
		'without an execution': count((all) => all.length === 0),
		'written over': count(isWrittenOver),
		'cut off, then run again': count(
			(all) => !isWrittenOver(all) && all.some(({ status }) => BROKEN_OFF.has(status)),
		),
		'not finished': count(
			(all) => all.some(({ holdsEvent }) => holdsEvent) && successes(all) === 0,
		),
		'finished twice': count((all) => successes(all) > 1),
	};
}

export function isWrittenOver(all: readonly Run[]): boolean {
	return all.length > 0 && all.every(({ holdsEvent }) => !holdsEvent);
}

/** If a run was stopped first, n8n calls the second an error too: what it did is what counts. */
async function asItEnded(queue: StartedQueue, run: Run): Promise<Run> {
	if (run.mode !== 'retry' || run.status !== 'error') return run;
	// n8n does not always answer while it gets its connections back: looked up again in the next round.
	const ended = await queue.client.execution(run.id).catch(() => undefined);
	return ended?.outputs(NEXT) === undefined ? run : { ...run, status: 'success' };
}
