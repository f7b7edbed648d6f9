import { setImmediate } from 'node:timers/promises';

import { sql, type Database } from './database';
import { matching } from './sql-matching';
import type { EventFilter } from './store';

/* What looks at many rows does it in parts: SQLite reads in the thread of the door, which waits a few milliseconds for each. */

/** Events that one statement looks into. */
const CHUNK = 4_000;
/** Entries of an index that one statement reads. */
const INDEX_CHUNK = 15_000;
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

/** Between which sequences the events of a time are: some that are there may be of another, if the clock was set back. */
export async function sequencesOf(
	database: Database,
	{ from, until }: Pick<EventFilter, 'from' | 'until'>,
): Promise<Range> {
	const all = { above: 0, below: Number.MAX_SAFE_INTEGER };
	if (from === undefined && until === undefined) return all;
	const found = { first: Infinity, last: -Infinity };
	for await (const [start, next] of parts(database, from ?? 0, until ?? Number.MAX_SAFE_INTEGER)) {
		const [part] = await database.read<{ first: number | null; last: number | null }>(
			sql(
				`SELECT min(sequence) AS first, max(sequence) AS last FROM events
				WHERE received_at >= $1 AND received_at < $2`,
				...[start, next],
			),
		);
		found.first = Math.min(found.first, part?.first ?? Infinity);
		found.last = Math.max(found.last, part?.last ?? -Infinity);
	}
	return found.last < 0
		? { above: 0, below: 0 }
		: { above: found.first - 1, below: found.last + 1 };
}

/** A time in parts, each with about {@link INDEX_CHUNK} events: from when, and until before when. */
async function* parts(
	database: Database,
	from: number,
	until: number,
): AsyncGenerator<readonly [number, number]> {
	let start = from;
	while (start < until) {
		const [edge] = await database.read<{ received_at: number }>(
			sql(
				`SELECT received_at FROM events WHERE received_at >= $1 AND received_at < $2
				ORDER BY received_at LIMIT 1 OFFSET ${INDEX_CHUNK}`,
				...[start, until],
			),
		);
		const next: number = edge === undefined ? until : Math.max(edge.received_at, start + 1);
		yield [start, next];
		start = next;
		await setImmediate();
	}
}
