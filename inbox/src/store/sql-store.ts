import { createHash, randomInt } from 'node:crypto';

import { long, sql, type Database, type Value } from './database';
import { ANEW, countNew, isFree, UNCOUNTED, UNLOCK } from './sql-anew';
import { matching } from './sql-matching';
import { scanDown, sequencesOf } from './sql-scan';
import { SqlSends } from './sql-sends';
import { SqlTargets, toTarget } from './sql-targets';
import {
	HISTORY_LENGTH,
	LEASE_MS,
	NO_TARGET,
	NOTICES_LEASE_MS,
	STATES,
	type Attempt,
	type Delivery,
	type Demand,
	type EventFilter,
	type EventSummary,
	type Job,
	type NewEvent,
	type Outcome,
	type Scan,
	type Scanned,
	type Search,
	type State,
	type Store,
	type StoredEvent,
	type SubscribedTarget,
	type Target,
	type TargetOverview,
	type WrongSignatures,
} from './store';

/** How many rows one transaction changes at most, so that the door never waits long for the page. */
const CHUNK = 2_000;

const UNDELIVERED = "('waiting', 'retrying', 'failed')";
const SUMMARY = 'e.sequence, e.id, e.received_at, e.event, e.call_id, e.voicelog_id';
const DELIVERY =
	't.key, t.url, t.name, d.state, d.attempts, d.is_ignored, d.history, d.due_at, d.ended_at';

/** The store in SQL, on either database. */
export class SqlStore implements Store {
	/** Marks the leases of this inbox: no other on the same database has the same. */
	private readonly owner = randomInt(2 ** 47);

	private closing: Promise<void> | undefined;
	private readonly subscriptions: SqlTargets;
	private readonly sends: SqlSends;

	private constructor(private readonly database: Database) {
		this.subscriptions = new SqlTargets(database);
		this.sends = new SqlSends(database, this.subscriptions);
	}

	/** @param targets those that INBOX_FORWARD_TO names, beside those that have registered */
	static async open(database: Database, targets: readonly Target[]): Promise<SqlStore> {
		const store = new SqlStore(database);
		await store.subscriptions.set(targets);
		await store.giveWaiting();
		return store;
	}

	/** For whoever only looks. */
	static reading(snapshot: Pick<Database, 'dialect' | 'read'>): Pick<Store, 'search' | 'find'> {
		const refuse = async () => await Promise.reject(new Error('A snapshot is only read.'));
		return new SqlStore({
			...{ add: refuse, checkWritable: refuse, write: refuse, shrink: refuse, close: refuse },
			...{ size: refuse, isDamage: () => false, dialect: snapshot.dialect },
			read: async (statement) => await snapshot.read(statement),
		});
	}

	async add(event: NewEvent): Promise<'stored' | 'duplicate'> {
		const isNew = await this.database.add([
			fromHex(event.id),
			event.receivedAt,
			event.contentType,
			event.signature,
			event.event,
			event.callId,
			event.voicelogId,
			event.body,
		]);
		return isNew ? 'stored' : 'duplicate';
	}

	async checkWritable(): Promise<void> {
		await this.database.checkWritable();
	}

	async take(target: string, { places, retries, order }: Demand): Promise<Job[]> {
		const number = await this.subscriptions.currentNumber(target);
		if (number === undefined) return [];
		const { leaseClock, skipLocked, now } = this.database.dialect;
		const byTime = order === undefined;
		const direction = order === 'newest' ? 'DESC' : 'ASC';
		// New and due work in one statement: due retries first, up to their share, then new events, then more retries.
		const [rows = []] = await this.database.write<LeaseRow>({
			sql: `WITH fresh AS MATERIALIZED (
					SELECT event FROM deliveries WHERE target = $2 AND state = 'waiting' AND ${this.isFree()}
					ORDER BY event ${direction} LIMIT $3 ${skipLocked}
				), due AS MATERIALIZED (
					SELECT event, due_at FROM deliveries
					WHERE target = $2 AND state = 'retrying' AND due_at <= $5 AND ${this.isFree()}
					ORDER BY ${byTime ? 'due_at' : `event ${direction}`} LIMIT $3 ${skipLocked}
				), candidates AS (
					SELECT event, 1 AS rank FROM fresh
					UNION ALL
					SELECT event, CASE WHEN row_number() OVER (ORDER BY due_at) <= $4 THEN 0 ELSE 2 END FROM due
				), picked AS (
					SELECT event FROM candidates ORDER BY ${byTime ? 'rank, event' : `event ${direction}`} LIMIT $3
				)
				UPDATE deliveries SET locked_by = $6, locked_until = ${leaseClock} + ${LEASE_MS}
				WHERE target = $2 AND event IN (SELECT event FROM picked)
				RETURNING event, state, attempts, deferrals, history`,
			values: [now(), number, places, retries, Date.now(), this.owner],
			isVolatile: true,
		});
		rows.sort((a, b) => a.event - b.event);
		const jobs = await Promise.all(rows.map(async (row) => await this.toJob(row, target)));
		return jobs.filter((job) => job !== undefined);
	}

	async body({ sequence, id }: Job): Promise<Buffer | undefined> {
		try {
			const [row] = await this.database.read<{ body: Uint8Array }>(
				sql('SELECT body FROM events WHERE sequence = $1', sequence),
			);
			const body = row && toBuffer(row.body);
			return body && createHash('sha256').update(body).digest('hex') === id ? body : undefined;
		} catch (error) {
			if (this.database.isDamage(error)) return undefined;
			throw error;
		}
	}

	async renew(target: string, sequences: readonly number[]): Promise<void> {
		const number = await this.subscriptions.numberOf(target);
		const { leaseClock, now } = this.database.dialect;
		for (const sequence of sequences) {
			await this.database.write({
				sql: `UPDATE deliveries SET locked_until = ${leaseClock} + ${LEASE_MS}
					WHERE target = $2 AND event = $3 AND locked_by = $4`,
				values: [now(), number, sequence, this.owner],
				isVolatile: true,
			});
		}
	}

	async settle(job: Job, outcome: Outcome, attempt?: Attempt): Promise<void> {
		const history =
			attempt === undefined ? job.history : [...job.history, attempt].slice(-HISTORY_LENGTH);
		const values = [
			job.sequence,
			job.target,
			history.length === 0 ? null : JSON.stringify(history),
			attempt?.at ?? null,
		];
		const noted = `history = $3, tried_at = coalesce($4, tried_at), ${UNLOCK}`;
		const which = 'event = $1 AND target = (SELECT number FROM targets WHERE key = $2)';
		const now = Date.now();
		if (outcome.state === 'delivered') {
			// Whoever has it meanwhile: it has arrived.
			await this.change(
				`${noted}, state = 'delivered', is_ignored = $5, ended_at = $6, due_at = NULL WHERE ${which}`,
				...[...values, outcome.isIgnored ? 1 : 0, now],
			);
			return;
		}
		const mine = `${which} AND locked_by = $5`;
		const ours = [...values, this.owner];
		switch (outcome.state) {
			case 'released':
				await this.change(`${noted} WHERE ${mine}`, ...ours);
				return;
			case 'deferred':
				await this.change(
					`${noted}, state = 'retrying', deferrals = deferrals + 1, due_at = $6 WHERE ${mine}`,
					...[...ours, now + Math.round(outcome.pause)],
				);
				return;
			case 'retrying':
				await this.change(
					`${noted}, state = 'retrying', attempts = attempts + 1, due_at = $6 WHERE ${mine}`,
					...[...ours, now + Math.round(outcome.pause)],
				);
				return;
			case 'failed':
				await this.change(
					`${noted}, state = 'failed', attempts = attempts + 1, due_at = NULL WHERE ${mine}`,
					...ours,
				);
		}
	}

	async search({ before, limit, ...filter }: Search): Promise<EventSummary[]> {
		const times = await sequencesOf(this.database, filter);
		const below = Math.min(before ?? Number.MAX_SAFE_INTEGER, times.below);
		const first = { limit, order: 'DESC' } as const;
		const numbers = await this.numbersFor(filter);
		const { select, values } = matching(filter, numbers, { ...times, below, first });
		return await this.events(
			`e.sequence IN (SELECT sequence FROM (${select}) AS u ORDER BY sequence DESC LIMIT $3)`,
			values,
		);
	}

	async scan({ before, limit, ...filter }: Scan): Promise<Scanned> {
		const times = await sequencesOf(this.database, filter);
		const targets = await this.numbersFor(filter);
		const below = Math.min(before ?? Number.MAX_SAFE_INTEGER, times.below);
		const range = { ...times, below };
		const { sequences, next } = await scanDown(this.database, { filter, targets, limit }, range);
		const places = sequences.map((_, i) => `$${i + 1}`).join() || 'NULL';
		return { events: await this.events(`e.sequence IN (${places})`, sequences), next };
	}

	async find(id: string): Promise<StoredEvent | undefined> {
		const key = fromHex(id);
		const [summary] = await this.events('e.id = $1', [key]);
		const [row] = await this.database.read<BodyRow>(
			sql('SELECT body, content_type, signature FROM events WHERE id = $1', key),
		);
		return summary && row && { ...summary, ...toBody(row) };
	}

	async arrivals(
		after: number,
		limit: number,
	): Promise<Array<Pick<EventSummary, 'sequence' | 'id'>>> {
		const rows = await this.database.read<Pick<SummaryRow, 'sequence' | 'id'>>(
			sql(
				'SELECT sequence, id FROM events WHERE sequence > $1 ORDER BY sequence LIMIT $2',
				...[after, limit],
			),
		);
		return rows.map(({ sequence, id }) => ({ sequence, id: toHex(id) }));
	}

	async targets(): Promise<SubscribedTarget[]> {
		return await this.subscriptions.list();
	}

	async register(target: Target): Promise<SubscribedTarget> {
		const registered = await this.subscriptions.register(target);
		await this.giveWaiting();
		return registered;
	}

	async pause(key: string): Promise<SubscribedTarget | undefined> {
		return await this.subscriptions.pause(key);
	}

	async forget(key: string): Promise<number> {
		await this.subscriptions.leave(key);
		return await this.discard(key);
	}

	async overview(): Promise<TargetOverview[]> {
		const oldest = (state: State) =>
			`(SELECT e.received_at FROM deliveries d JOIN events e ON e.sequence = d.event
			WHERE d.target = t.number AND d.state = '${state}' ORDER BY d.event LIMIT 1)`;
		const [targets, oldestOf, counts] = await Promise.all([
			this.subscriptions.rows(),
			this.database.read<{ number: number; waiting: number | null; retrying: number | null }>(
				sql(
					`SELECT t.number, ${oldest('waiting')} AS waiting, ${oldest('retrying')} AS retrying FROM targets t`,
				),
			),
			this.database.read<{ target: number; state: State; number: number }>(
				long(this.database.dialect.counts),
			),
		]);
		const overviews = targets.map((target) => {
			const count = (state: State) =>
				counts.find((row) => row.target === target.number && row.state === state)?.number ?? 0;
			const { waiting = null, retrying = null } =
				oldestOf.find(({ number }) => number === target.number) ?? {};
			const oldestAt = { waiting, retrying };
			const times = [waiting, retrying].filter((time) => time !== null);
			return {
				...toTarget(target),
				counts: Object.fromEntries(STATES.map((state) => [state, count(state)])) as Record<
					State,
					number
				>,
				oldestPendingAt: times.length > 0 ? Math.min(...times) : null,
				oldestAt,
			};
		});
		return overviews.filter(
			({ state, counts: { waiting, retrying, failed } }) =>
				state !== 'left' || waiting + retrying + failed > 0,
		);
	}

	async sendAgain(id: string, target: string): Promise<void> {
		const { now } = this.database.dialect;
		const [event] = await this.database.read<{ sequence: number }>(
			sql('SELECT sequence FROM events WHERE id = $1', fromHex(id)),
		);
		if (event === undefined) return;
		const { sequence } = event;
		await this.database.write(
			sql(
				`INSERT INTO deliveries (event, target, state)
				SELECT e.sequence, t.number, ${UNCOUNTED} FROM events e CROSS JOIN targets t
				WHERE e.sequence = $2 AND t.key = $3
				ON CONFLICT (event, target) DO UPDATE SET ${ANEW}
				WHERE ${this.isFree('deliveries.')}`,
				...[now(), sequence, target],
			),
			countNew(sequence - 1, sequence),
		);
	}

	async sendFailedAgain(target: string): Promise<number> {
		return await this.changeAll(await this.subscriptions.numberOf(target), "= 'failed'", ANEW);
	}

	async discardFailed(target: string): Promise<number> {
		return await this.changeAll(
			await this.subscriptions.numberOf(target),
			"= 'failed'",
			`state = 'discarded', due_at = NULL, ${UNLOCK}, ended_at = $3`,
			Date.now(),
		);
	}

	async sendAll(filter: EventFilter, target?: string): Promise<number> {
		return await this.sends.add(filter, target);
	}

	async sendNext(): Promise<boolean> {
		return await this.sends.next();
	}

	async move(from: string, to: string): Promise<number> {
		const [source, destination] = await Promise.all([
			this.subscriptions.numberOf(from),
			this.subscriptions.numberOf(to),
		]);
		if (source === destination) return 0;
		const hasIt = `EXISTS (SELECT 1 FROM deliveries other WHERE other.event = deliveries.event AND other.target = $3)`;
		// What the other target has or gets anyway stays here, as given up.
		const ended = `state = CASE WHEN ${hasIt} THEN 'discarded' ELSE 'waiting' END,
			ended_at = CASE WHEN ${hasIt} THEN CAST($4 AS BIGINT) END,
			target = CASE WHEN ${hasIt} THEN target ELSE $3 END`;
		return await this.changeAll(
			source,
			`IN ${UNDELIVERED}`,
			`${ended}, attempts = 0, deferrals = 0, due_at = NULL, ${UNLOCK}`,
			...[destination, Date.now()],
		);
	}

	async discard(target: string, id?: string): Promise<number> {
		const number = await this.subscriptions.numberOf(target);
		const end = `state = 'discarded', due_at = NULL, ${UNLOCK}`;
		if (id === undefined) {
			return await this.changeAll(number, `IN ${UNDELIVERED}`, `${end}, ended_at = $3`, Date.now());
		}
		return await this.change(
			`${end}, ended_at = $3 WHERE target = $1 AND state IN ${UNDELIVERED}
			AND event = (SELECT sequence FROM events WHERE id = $2)`,
			...[number, fromHex(id), Date.now()],
		);
	}

	async takeNotices(): Promise<string | undefined> {
		const { leaseClock, now } = this.database.dialect;
		const [rows = []] = await this.database.write<{ told: string }>({
			sql: `UPDATE notices SET locked_by = $2, locked_until = ${leaseClock} + ${NOTICES_LEASE_MS}
				WHERE locked_by = $2 OR ${this.isFree()} RETURNING told`,
			values: [now(), this.owner],
			isVolatile: true,
		});
		return rows[0]?.told;
	}

	async noteNotices(told: string): Promise<void> {
		await this.database.write(
			sql('UPDATE notices SET told = $1 WHERE locked_by = $2', told, this.owner),
		);
	}

	async noteRefused({ count, since, until }: WrongSignatures): Promise<void> {
		await this.database.write(sql('INSERT INTO refusals VALUES ($1, $2, $3)', count, since, until));
	}

	async takeRefused(): Promise<WrongSignatures[]> {
		const [rows = []] = await this.database.write<WrongSignatures>(
			sql('DELETE FROM refusals RETURNING number AS count, since, until'),
		);
		return rows;
	}

	async size(): Promise<{ bytes: number; freeBytes: number | null }> {
		return await this.database.size();
	}

	async tidy(keepMilliseconds: number): Promise<void> {
		const now = Date.now();
		// Tried in the future: the clock has been set back, and what is due by it would wait for the difference.
		await this.change(
			"due_at = $1 WHERE state = 'retrying' AND due_at > $1 AND tried_at > $1",
			now,
		);
		await this.subscriptions.tidy(keepMilliseconds);
		await this.giveWaiting();
		await this.removeEnded(now - keepMilliseconds);
		await this.database.shrink();
	}

	/** Safe to call twice. */
	async close(): Promise<void> {
		await (this.closing ??= this.database.close());
	}

	private isFree(table = ''): string {
		return isFree(this.database.dialect.leaseClock, table);
	}

	/** Of the targets whose deliveries a filter is about. */
	private async numbersFor({ target }: EventFilter): Promise<number[]> {
		const rows = await this.subscriptions.rows();
		return rows
			.filter(({ key }) => target === undefined || key === target)
			.map(({ number }) => number);
	}

	/** Gives what came while there was no target to the first one. */
	private async giveWaiting(): Promise<void> {
		const targets = await this.subscriptions.rows();
		const none = targets.find(({ key }) => key === NO_TARGET);
		const first = targets.find(({ key, state }) => key !== NO_TARGET && state === 'current');
		if (none === undefined || first === undefined) return;
		const has = `EXISTS (SELECT 1 FROM deliveries other WHERE other.event = deliveries.event AND other.target = $2)`;
		const chunk = `SELECT event FROM deliveries WHERE target = $1 ORDER BY event LIMIT ${CHUNK}`;
		for (let given = CHUNK; given > 0;) {
			const [moved = [], removed = []] = await this.database.write(
				long(
					`UPDATE deliveries SET target = $2 WHERE target = $1 AND event IN (${chunk}) AND NOT ${has} RETURNING event`,
					...[none.number, first.number],
				),
				long(
					`DELETE FROM deliveries WHERE target = $1 AND event IN (${chunk}) AND ${has} RETURNING event`,
					...[none.number, first.number],
				),
			);
			given = moved.length + removed.length;
		}
	}

	/** Removes events that have ended before a time at every target. */
	private async removeEnded(before: number): Promise<void> {
		let last: Ended | undefined = { ended_at: 0, event: 0 };
		while (last !== undefined) last = await this.removeNextEnded(before, last);
	}

	/** Removes one chunk of them; tells where it ended, undefined if there was nothing left. */
	private async removeNextEnded(before: number, after: Ended): Promise<Ended | undefined> {
		const ended = await this.database.read<Ended>(
			sql(
				`SELECT ended_at, event FROM deliveries
				WHERE ended_at < $1 AND (ended_at, event) > ($2, $3) ORDER BY ended_at, event LIMIT ${CHUNK}`,
				...[before, after.ended_at, after.event],
			),
		);
		const [first] = ended;
		const last = ended.at(-1);
		if (first === undefined || last === undefined) return undefined;
		await this.database.write(
			long(
				`DELETE FROM events WHERE sequence IN (
					SELECT event FROM deliveries
					WHERE (ended_at, event) >= ($1, $2) AND (ended_at, event) <= ($3, $4))
				AND NOT EXISTS (SELECT 1 FROM deliveries WHERE event = sequence
					AND (ended_at IS NULL OR ended_at >= $5))`,
				...[first.ended_at, first.event, last.ended_at, last.event, before],
			),
		);
		return last;
	}

	/** Undefined if the event has been removed meanwhile. */
	private async toJob(row: LeaseRow, target: string): Promise<Job | undefined> {
		const [event] = await this.database.read<JobRow>(
			sql(
				'SELECT id, length(body) AS size, content_type, signature FROM events WHERE sequence = $1',
				row.event,
			),
		);
		return (
			event && {
				target,
				sequence: row.event,
				id: toHex(event.id),
				size: event.size,
				contentType: event.content_type,
				signature: event.signature,
				isRetry: row.state === 'retrying',
				attempts: row.attempts,
				deferrals: row.deferrals,
				history: toHistory(row.history),
			}
		);
	}

	private async events(where: string, values: readonly Value[]): Promise<EventSummary[]> {
		const rows = await this.database.read<SummaryRow & DeliveryRow>({
			sql: `SELECT ${SUMMARY}, ${DELIVERY} FROM events e
				JOIN deliveries d ON d.event = e.sequence JOIN targets t ON t.number = d.target
				WHERE ${where} ORDER BY e.sequence DESC, t.number`,
			values,
		});
		const events = new Map<number, EventSummary>();
		for (const row of rows) {
			const summary = events.get(row.sequence) ?? toSummary(row);
			events.set(row.sequence, summary);
			summary.deliveries.push(toDelivery(row));
		}
		return [...events.values()];
	}

	/** Changes deliveries; tells how many. */
	private async change(change: string, ...values: Value[]): Promise<number> {
		const [rows = []] = await this.database.write(
			sql(`UPDATE deliveries SET ${change} RETURNING event`, ...values),
		);
		return rows.length;
	}

	/** Changes all deliveries of a target that are in some states, a chunk at a time: those changed must leave them. */
	private async changeAll(
		target: number,
		states: string,
		change: string,
		...values: Value[]
	): Promise<number> {
		let total = 0;
		for (let changed = CHUNK; changed === CHUNK; total += changed) {
			const [rows = []] = await this.database.write(
				long(
					`UPDATE deliveries SET ${change} WHERE target = $1 AND event IN (
						SELECT event FROM deliveries WHERE target = $1 AND state ${states} ORDER BY event LIMIT $2)
					RETURNING event`,
					...[target, CHUNK, ...values],
				),
			);
			changed = rows.length;
		}
		return total;
	}
}

interface SummaryRow {
	sequence: number;
	id: Uint8Array;
	received_at: number;
	event: string | null;
	call_id: string | null;
	voicelog_id: string | null;
}

interface DeliveryRow {
	key: string;
	url: string;
	name: string;
	state: State;
	attempts: number;
	is_ignored: number;
	history: string | null;
	due_at: number | null;
	ended_at: number | null;
}

interface LeaseRow {
	event: number;
	state: State;
	attempts: number;
	deferrals: number;
	history: string | null;
}

interface JobRow {
	id: Uint8Array;
	size: number;
	content_type: string | null;
	signature: string;
}

interface BodyRow {
	body: Uint8Array;
	content_type: string | null;
	signature: string;
}

interface Ended {
	ended_at: number;
	event: number;
}

function toSummary(row: SummaryRow): EventSummary {
	return {
		sequence: row.sequence,
		id: toHex(row.id),
		receivedAt: row.received_at,
		event: row.event,
		callId: row.call_id,
		voicelogId: row.voicelog_id,
		deliveries: [],
	};
}

function toDelivery(row: DeliveryRow): Delivery {
	const history = toHistory(row.history);
	return {
		target: { key: row.key, url: row.url, name: row.name },
		state: row.state,
		attempts: row.attempts,
		history,
		lastAnswer: history.at(-1)?.answer ?? null,
		dueAt: row.due_at,
		deliveredAt: row.state === 'delivered' ? row.ended_at : null,
		isIgnored: row.is_ignored === 1,
	};
}

function toHistory(json: string | null): Attempt[] {
	return json === null ? [] : (JSON.parse(json) as Attempt[]);
}

function toBody(row: BodyRow): Pick<StoredEvent, 'body' | 'contentType' | 'signature'> {
	return { body: toBuffer(row.body), contentType: row.content_type, signature: row.signature };
}

function toBuffer({ buffer, byteOffset, byteLength }: Uint8Array): Buffer {
	return Buffer.from(buffer, byteOffset, byteLength);
}

function fromHex(id: string): Buffer {
	return Buffer.from(id, 'hex');
}

function toHex(id: Uint8Array): string {
	return Buffer.from(id).toString('hex');
}
