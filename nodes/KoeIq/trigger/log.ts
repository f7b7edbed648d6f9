import type { Verdict } from '../core/judge';

/** The shortest time between two lines about the same. */
const QUIET_MILLISECONDS = 60_000;

/**
 * Lets nobody flood the log: at most one line a minute for each key, with the count of those left out before it.
 * It keeps one entry a key, for ever.
 */
export class QuietLog {
	private readonly entries = new Map<string, { writtenAt: number; omitted: number }>();

	/**
	 * @param key what the line is about; there must be few
	 * @param now milliseconds since the epoch
	 * @param text called only if the line is written
	 * @returns the line to write, or `undefined` if one was written less than a minute ago
	 */
	line(key: string, now: number, text: () => string): string | undefined {
		const last = this.entries.get(key);
		// A clock that was set back must not silence it.
		if (last !== undefined && Math.abs(now - last.writtenAt) < QUIET_MILLISECONDS) {
			last.omitted += 1;
			return undefined;
		}
		this.entries.set(key, { writtenAt: now, omitted: 0 });
		const omitted = last?.omitted ?? 0;
		return omitted === 0 ? text() : `${text()} (and ${omitted} more since the last such line)`;
	}
}

interface Workflow {
	id?: string;
	name?: string;
}

/** Why a request was refused, or what of an event differs from KoeIQ's reference: the paths, never a value. */
export function explain(verdict: Verdict, workflow: Workflow): string {
	const where = locate(workflow);
	if (verdict.outcome === 'refused') {
		const { reason } = verdict;
		const cause = verdict.cause?.();
		const why = cause === undefined ? reason : `${reason} (${quote(cause)})`;
		return `KoeIQ Trigger refused a request ${where}: ${why}`;
	}
	const paths = verdict.issues.map(({ path }) => path).join(', ');
	return `KoeIQ Trigger got ${verdict.kind} ${where}, which differs from KoeIQ's reference in: ${paths}`;
}

/** That an event came from somewhere else than the inbox, though the trigger is registered there. */
export function explainBypass(workflow: Workflow): string {
	return `KoeIQ Trigger got an event ${locate(workflow)} that the inbox did not send. Events Come From is KoeIQ Inbox, so the URL in KoeIQ must be the inbox's, not this workflow's`;
}

function locate({ id, name = '' }: Workflow): string {
	return `for workflow ${quote(name)} (${id ?? 'unsaved'})`;
}

/** As JSON, with control and format characters escaped: no name can forge a line or change how a terminal shows one. */
function quote(text: string): string {
	return JSON.stringify(text).replace(/[\p{C}\p{Zl}\p{Zp}]/gu, (character) =>
		// Each UTF-16 unit by itself, as JSON does it.
		character.split('').map(escapeUnit).join(''),
	);
}

function escapeUnit(unit: string): string {
	return `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
