import { setImmediate } from 'node:timers/promises';

import { sql, type Database } from './database';
import { matching } from './sql-matching';
import type { EventFilter } from './store';

/** Sequences that one statement looks through: SQLite reads in the thread of the door, which waits a few milliseconds for it. */
const CHUNK = 4_000;
/** How long a scan goes on; whoever wants more asks again. */
const SCAN_MS = 400;

export interface Wanted {
	filter: EventFilter;
	/** The numbers of those whose deliveries count. */
	targets: readonly number[];
	/** At most so many. */
	limit: number;
}

/** Both excluded. */
interface Range {
	above: number;
	below: number;
}

/** Looks at every event of a range, the newest first. `next` is where to go on; null at the end. */
export async function scanDown(
	database: Database,
	{ filter, targets, limit }: Wanted,
	range: Range,
): Promise<{ sequences: number[]; next: number | null }> {
	const [ends] = await database.read<{ first: number | null; last: number | null }>(
		sql(
			'SELECT (SELECT min(sequence) FROM events) AS first, (SELECT max(sequence) FROM events) AS last',
		),
	);
	const lowest = Math.max(range.above, (ends?.first ?? 1) - 1);
	let below = Math.min(range.below, (ends?.last ?? 0) + 1);
	const deadline = performance.now() + SCAN_MS;
	const sequences: number[] = [];
	while (below > lowest + 1 && performance.now() < deadline) {
		const above = Math.max(lowest, below - CHUNK - 1);
		const first = { limit: limit - sequences.length, order: 'DESC' } as const;
		const part = { above, below, first };
		const { select, values } = matching(filter, targets, part, database.dialect.idText);
		const found = await database.read<{ sequence: number }>(
			sql(`SELECT sequence FROM (${select}) AS u ORDER BY sequence DESC LIMIT $3`, ...values),
		);
		sequences.push(...found.map(({ sequence }) => sequence));
		const last = sequences.at(-1);
		if (sequences.length >= limit && last !== undefined) {
			return { sequences, next: last > lowest + 1 ? last : null };
		}
		below = above + 1;
		// The door's turn.
		await setImmediate();
	}
	return { sequences, next: below > lowest + 1 ? below : null };
}
