/** The shortest time between two lines about one workflow and reason. */
const QUIET_MILLISECONDS = 60_000;

/**
 * Tells an operator why requests are refused, and lets nobody flood the log: of each workflow and reason at most one
 * line a minute, with the count of those that were left out before it. It holds no more than one entry for each.
 */
export class RefusalLog {
	private readonly entries = new Map<string, { writtenAt: number; omitted: number }>();

	/**
	 * @param now milliseconds since the epoch
	 * @returns the line to write, or `undefined` where one was written less than a minute ago
	 */
	line(workflow: { id?: string; name?: string }, reason: string, now: number): string | undefined {
		const key = `${workflow.id ?? ''} ${reason}`;
		const last = this.entries.get(key);
		// A clock that was set back must not silence it.
		if (last !== undefined && Math.abs(now - last.writtenAt) < QUIET_MILLISECONDS) {
			last.omitted += 1;
			return undefined;
		}
		this.entries.set(key, { writtenAt: now, omitted: 0 });
		const others =
			last === undefined || last.omitted === 0
				? ''
				: ` (and ${last.omitted} more since the last such line)`;
		// Quoted as JSON: a name with a line break cannot make up a line of its own.
		const name = JSON.stringify(workflow.name ?? '');
		return `KoeIQ Trigger refused a request for workflow ${name} (${workflow.id ?? 'unsaved'}): ${reason}${others}`;
	}
}
