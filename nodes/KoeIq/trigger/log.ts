import type { Verdict } from '../core/judge';

/** The shortest time between two lines about the same. */
const QUIET_MILLISECONDS = 60_000;

/**
 * Tells an operator what happens again and again, and lets nobody flood the log: at most one line a minute for each
 * key, with the count of those that were left out before it. It holds no more than one entry for each key.
 */
export class QuietLog {
	private readonly entries = new Map<string, { writtenAt: number; omitted: number }>();

	/**
	 * @param key what the line is about; of these there must be few
	 * @param now milliseconds since the epoch
	 * @param text made only if it is written: a flood of forgeries costs no words
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

/** Why a request was refused, or what of an event differs from KoeIQ's reference: the paths, never a value. */
export function explain(verdict: Verdict, workflow: { id?: string; name?: string }): string {
	const where = `for workflow ${quote(workflow.name ?? '')} (${workflow.id ?? 'unsaved'})`;
	if (verdict.outcome === 'refused') {
		const { reason } = verdict;
		const cause = verdict.cause?.();
		const why = cause === undefined ? reason : `${reason} (${quote(cause)})`;
		return `KoeIQ Trigger refused a request ${where}: ${why}`;
	}
	const paths = verdict.issues.map(({ path }) => path).join(', ');
	return `KoeIQ Trigger got ${verdict.kind} ${where}, which differs from KoeIQ's reference in: ${paths}`;
}

/** As JSON, and without anything that a terminal obeys or hides: no text can make up or reverse a line of its own. */
function quote(text: string): string {
	return JSON.stringify(text).replace(/[\p{C}\p{Zl}\p{Zp}]/gu, (character) =>
		// Unit by unit, as JSON does: a character may have two.
		character.split('').map(escapeUnit).join(''),
	);
}

function escapeUnit(unit: string): string {
	return `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
