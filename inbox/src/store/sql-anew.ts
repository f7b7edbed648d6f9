import { sql, type Statement } from './database';

/* Deliveries that are made anew, in SQL. */

export const UNLOCK = 'locked_by = NULL, locked_until = NULL';
/** As if it had never been tried. */
export const ANEW = `state = 'waiting', attempts = 0, deferrals = 0, is_ignored = 0, due_at = NULL, ended_at = NULL, ${UNLOCK}`;
/** What is inserted so is counted when it becomes another state: the triggers of SQLite count changes only. */
export const UNCOUNTED = "'new'";

/** Counts what was inserted for events with a sequence above one, up to another. */
export function countNew(above: number, to: number): Statement {
	return sql(
		`UPDATE deliveries SET state = 'waiting' WHERE event > $1 AND event <= $2 AND state = ${UNCOUNTED}`,
		...[above, to],
	);
}

/** Nobody has a lease. @param leaseClock in SQL */
export function isFree(leaseClock: string, table = ''): string {
	return `(${table}locked_until IS NULL OR ${table}locked_until < ${leaseClock})`;
}
