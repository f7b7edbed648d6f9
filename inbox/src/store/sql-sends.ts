import { long, sql, type Database } from './database';
import { ANEW, UNCOUNTED, countNew, isFree } from './sql-anew';
import { matching } from './sql-matching';
import { CURRENT, type SqlTargets } from './sql-targets';
import { LEASE_MS, type EventFilter } from './store';

/** Events that one transaction has sent again. */
const CHUNK = 500;

interface SendRow {
	number: number;
	/** A key; null for every current one. */
	target: string | null;
	/** An {@link EventFilter} in JSON. */
	filter: string;
	/** The sequence of the last event that is done. */
	done_to: number;
	/** That of the last there is to do. */
	last: number;
}

/** Sends many events again, in SQL: written down first, then done a chunk at a time, so that a crash loses nothing of it. */
export class SqlSends {
	constructor(
		private readonly database: Database,
		private readonly targets: SqlTargets,
	) {}

	/** @returns how many events that are */
	async add(filter: EventFilter, target?: string): Promise<number> {
		const all = { above: 0, below: Number.MAX_SAFE_INTEGER };
		const { select, values } = matching(filter, await this.numbers(target), all);
		const [found] = await this.database.read<{
			number: number;
			first: number | null;
			last: number | null;
		}>(
			long(
				`SELECT count(*) AS number, min(sequence) AS first, max(sequence) AS last FROM (${select}) AS m`,
				...values,
			),
		);
		if (found?.first == null || found.last === null) return 0;
		await this.database.write(
			sql(
				'INSERT INTO sends (target, filter, done_to, last) VALUES ($1, $2, $3, $4)',
				...[target ?? null, JSON.stringify(filter), found.first - 1, found.last],
			),
		);
		return found.number;
	}

	/** @returns false if there was nothing left to do */
	async next(): Promise<boolean> {
		const send = await this.lease();
		if (send === undefined) return false;
		const filter = JSON.parse(send.filter) as EventFilter;
		const numbers = await this.numbers(send.target ?? undefined);
		const from = { above: send.done_to, below: send.last + 1 };
		const chunk = matching(filter, numbers, { ...from, first: { limit: CHUNK, order: 'ASC' } });
		const [{ last } = { last: null }] = await this.database.read<{ last: number | null }>(
			long(
				`SELECT max(sequence) AS last FROM (SELECT sequence FROM (${chunk.select}) AS u ORDER BY sequence LIMIT ${CHUNK}) AS m`,
				...chunk.values,
			),
		);
		if (last === null) {
			await this.database.write(sql('DELETE FROM sends WHERE number = $1', send.number));
			return true;
		}
		const { dialect } = this.database;
		const { select, values, value } = matching(filter, numbers, { ...from, below: last + 1 });
		const chosen = send.target === null ? CURRENT : `key = ${value(send.target)}`;
		const inState =
			filter.state === undefined
				? ''
				: `AND EXISTS (SELECT 1 FROM deliveries d
					WHERE d.event = m.sequence AND d.target = t.number AND d.state = ${value(filter.state)})`;
		const free = isFree(dialect.leaseClock.replace('$1', value(dialect.now())), 'deliveries.');
		await this.database.write(
			long(
				`INSERT INTO deliveries (event, target, state)
				SELECT m.sequence, t.number, ${UNCOUNTED} FROM (${select}) AS m
				CROSS JOIN (SELECT number FROM targets WHERE ${chosen}) AS t WHERE true ${inState}
				ON CONFLICT (event, target) DO UPDATE SET ${ANEW} WHERE ${free}`,
				...values,
			),
			countNew(send.done_to, last),
			sql(
				'UPDATE sends SET done_to = $1, locked_until = NULL WHERE number = $2',
				...[last, send.number],
			),
		);
		return true;
	}

	private async lease(): Promise<SendRow | undefined> {
		const { leaseClock, now, skipLocked } = this.database.dialect;
		// Mostly there is none, and a write would wait for the disk.
		const [any] = await this.database.read(sql('SELECT number FROM sends LIMIT 1'));
		if (any === undefined) return undefined;
		const [rows = []] = await this.database.write<SendRow>({
			sql: `UPDATE sends SET locked_until = ${leaseClock} + ${LEASE_MS} WHERE number = (
					SELECT number FROM sends WHERE ${isFree(leaseClock)} ORDER BY number LIMIT 1 ${skipLocked})
				RETURNING number, target, filter, done_to, last`,
			values: [now()],
			isVolatile: true,
		});
		return rows[0];
	}

	/** Of the targets whose deliveries count. */
	private async numbers(target: string | undefined): Promise<number[]> {
		const rows = await this.targets.rows();
		return rows
			.filter(({ key, state }) =>
				target === undefined ? key !== '' && state === 'current' : key === target,
			)
			.map(({ number }) => number);
	}
}
