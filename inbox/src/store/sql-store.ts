import type { Database, Statement, Value } from './database';
import {
	NO_TARGET,
	STATES,
	type Consignment,
	type Delivery,
	type EventSummary,
	type NewEvent,
	type Outcome,
	type Search,
	type State,
	type Store,
	type StoredEvent,
	type TargetOverview,
} from './store';

/** How many rows one transaction changes at most, so that the door never waits long for the page. */
const CHUNK = 2_000;

const UNDELIVERED = "('waiting', 'retrying', 'parked')";
const SUMMARY = 'e.sequence, e.id, e.received_at, e.event, e.call_id, e.voicelog_id';
const DELIVERY = 't.url, d.state, d.attempts, d.last_answer, d.due_at, d.ended_at';

/** The store in SQL, on either database. */
export class SqlStore implements Store {
	/** What is taken and not settled, by target. */
	private readonly held = new Map<string, Set<number>>();
	/** Targets of which a take broke off: it may have marked what nobody holds. */
	private readonly doubtful = new Set<string>();

	private constructor(private readonly database: Database) {}

	/** @param targets URLs: from now on, every event goes to each of them */
	static async open(database: Database, targets: readonly string[]): Promise<SqlStore> {
		const store = new SqlStore(database);
		await store.setTargets(targets);
		await store.giveWaiting();
		return store;
	}

	async add(event: NewEvent): Promise<'stored' | 'duplicate'> {
		const [added = []] = await this.database.write(
			...this.database.dialect.add([
				fromHex(event.id),
				event.receivedAt,
				event.contentType,
				event.signature,
				event.event,
				event.callId,
				event.voicelogId,
				event.body,
			]),
		);
		return added.length > 0 ? 'stored' : 'duplicate';
	}

	async checkWritable(): Promise<void> {
		await this.database.write(sql('UPDATE health SET checked_at = $1', Date.now()));
	}

	async take(target: string, limit: number): Promise<Consignment[]> {
		const number = await this.numberOf(target);
		const held = this.held.get(target) ?? new Set();
		this.held.set(target, held);
		if (this.doubtful.delete(target)) await this.freeAllBut(held, number);
		try {
			const retried = await this.mark(
				"state = 'retrying' AND due_at <= $4 ORDER BY due_at",
				[number, Math.ceil(limit / 2)],
				Date.now(),
			);
			const waiting =
				retried.length < limit
					? await this.mark("state = 'waiting' ORDER BY event", [number, limit - retried.length])
					: [];
			const consignments = await Promise.all(
				[...retried, ...waiting].map((event) => this.consignment(event, number, target)),
			);
			for (const { sequence } of consignments) held.add(sequence);
			return consignments;
		} catch (error) {
			this.doubtful.add(target);
			throw error;
		}
	}

	async settle(consignment: Consignment, outcome: Outcome): Promise<void> {
		await this.write(consignment, outcome);
		this.held.get(consignment.target)?.delete(consignment.sequence);
	}

	private async write({ sequence, target }: Consignment, outcome: Outcome): Promise<void> {
		const mine =
			'event = $1 AND owner = $3 AND target = (SELECT number FROM targets WHERE url = $2)';
		const { owner } = this.database;
		const now = Date.now();
		switch (outcome.state) {
			case 'untried':
				await this.change(`owner = NULL WHERE ${mine}`, sequence, target, owner);
				return;
			case 'delivered':
				// Whoever has it meanwhile: it has arrived.
				await this.change(
					`owner = NULL, state = 'delivered', last_answer = $3, tried_at = $4, ended_at = $4, due_at = NULL
					WHERE event = $1 AND target = (SELECT number FROM targets WHERE url = $2)`,
					...[sequence, target, outcome.answer, now],
				);
				return;
			case 'deferred':
			case 'retrying':
			case 'parked':
				await this.change(
					`owner = NULL, state = $4, attempts = attempts + $5, last_answer = $6, tried_at = $7, due_at = $8 WHERE ${mine}`,
					...[sequence, target, owner, outcome.state === 'parked' ? 'parked' : 'retrying'],
					...[outcome.state === 'deferred' ? 0 : 1, outcome.answer, now],
					outcome.state === 'parked' ? null : now + Math.round(outcome.pause),
				);
		}
	}

	async search({
		text,
		state,
		before = Number.MAX_SAFE_INTEGER,
		limit,
	}: Search): Promise<EventSummary[]> {
		const values: Value[] = [before, limit];
		const value = (added: Value) => `$${values.push(added)}`;
		const page = 'sequence < $1 ORDER BY sequence DESC LIMIT $2';
		let sources = [`SELECT sequence FROM events WHERE ${page}`];
		if (text !== undefined && text !== '') {
			const wanted = value(text);
			const inState =
				state === undefined
					? ''
					: `EXISTS (SELECT 1 FROM deliveries WHERE event = sequence AND state = ${value(state)}) AND`;
			sources = ['call_id', 'voicelog_id', 'event'].map(
				(column) =>
					`SELECT sequence FROM events WHERE events.${column} = ${wanted} AND ${inState} ${page}`,
			);
		} else if (state !== undefined) {
			const wanted = value(state);
			sources = (await this.targets()).map(
				({ number }) =>
					`SELECT event AS sequence FROM deliveries WHERE target = ${value(number)} AND state = ${wanted}
					AND event < $1 ORDER BY event DESC LIMIT $2`,
			);
		}
		const union = sources.map((source) => `SELECT sequence FROM (${source}) AS s`).join(' UNION ');
		return await this.events(
			`e.sequence IN (SELECT sequence FROM (${union}) AS u ORDER BY sequence DESC LIMIT $2)`,
			values,
		);
	}

	async find(id: string): Promise<StoredEvent | undefined> {
		const key = fromHex(id);
		const [summary] = await this.events('e.id = $1', [key]);
		const [row] = await this.database.read<BodyRow>(
			sql('SELECT body, content_type, signature FROM events WHERE id = $1', key),
		);
		return summary && row && { ...summary, ...toBody(row) };
	}

	async overview(): Promise<TargetOverview[]> {
		const oldest = (state: State) =>
			`(SELECT e.received_at FROM deliveries d JOIN events e ON e.sequence = d.event
			WHERE d.target = t.number AND d.state = '${state}' ORDER BY d.event LIMIT 1)`;
		const [targets, counts] = await Promise.all([
			this.database.read<TargetRow & { waiting: number | null; retrying: number | null }>(
				sql(
					`SELECT t.number, t.url, t.is_current, ${oldest('waiting')} AS waiting, ${oldest('retrying')} AS retrying
					FROM targets t ORDER BY t.is_current DESC, t.number`,
				),
			),
			this.database.read<{ target: number; state: State; number: number }>(
				sql(this.database.dialect.counts),
			),
		]);
		const overviews = targets.map((target) => {
			const count = (state: State) =>
				counts.find((row) => row.target === target.number && row.state === state)?.number ?? 0;
			const times = [target.waiting, target.retrying].filter((time) => time !== null);
			return {
				target: target.url,
				isCurrent: target.is_current === 1,
				counts: Object.fromEntries(STATES.map((state) => [state, count(state)])) as Record<
					State,
					number
				>,
				oldestPendingAt: times.length > 0 ? Math.min(...times) : null,
			};
		});
		return overviews.filter(
			({ isCurrent, counts: { waiting, retrying, parked } }) =>
				isCurrent || waiting + retrying + parked > 0,
		);
	}

	async sendAgain(id: string, target: string): Promise<void> {
		await this.database.write(
			sql(
				`INSERT INTO deliveries (event, target)
				SELECT e.sequence, t.number FROM events e CROSS JOIN targets t WHERE e.id = $1 AND t.url = $2
				ON CONFLICT (event, target) DO UPDATE SET ${ANEW} WHERE deliveries.owner IS NULL`,
				...[fromHex(id), target],
			),
		);
	}

	async sendParkedAgain(target: string): Promise<number> {
		return await this.changeAll(await this.numberOf(target), "= 'parked'", ANEW);
	}

	async move(from: string, to: string): Promise<number> {
		const [source, destination] = await Promise.all([this.numberOf(from), this.numberOf(to)]);
		if (source === destination) return 0;
		const hasIt = `EXISTS (SELECT 1 FROM deliveries other WHERE other.event = deliveries.event AND other.target = $3)`;
		// What the other target has or gets anyway stays here, as given up.
		const ended = `state = CASE WHEN ${hasIt} THEN 'discarded' ELSE 'waiting' END,
			ended_at = CASE WHEN ${hasIt} THEN CAST($4 AS BIGINT) END,
			target = CASE WHEN ${hasIt} THEN target ELSE $3 END`;
		return await this.changeAll(
			source,
			`IN ${UNDELIVERED}`,
			`${ended}, attempts = 0, due_at = NULL, owner = NULL`,
			...[destination, Date.now()],
		);
	}

	async discard(target: string, id?: string): Promise<number> {
		const number = await this.numberOf(target);
		const end = "state = 'discarded', due_at = NULL, owner = NULL";
		if (id === undefined) {
			return await this.changeAll(number, `IN ${UNDELIVERED}`, `${end}, ended_at = $3`, Date.now());
		}
		return await this.change(
			`${end}, ended_at = $3 WHERE target = $1 AND state IN ${UNDELIVERED}
			AND event = (SELECT sequence FROM events WHERE id = $2)`,
			...[number, fromHex(id), Date.now()],
		);
	}

	async tidy(keepMilliseconds: number): Promise<void> {
		const now = Date.now();
		// Tried in the future: the clock has been set back, and what is due by it would wait for the difference.
		await this.change(
			"due_at = $1 WHERE state = 'retrying' AND due_at > $1 AND tried_at > $1",
			now,
		);
		await this.giveWaiting();
		await this.removeEnded(now - keepMilliseconds);
		await this.database.shrink();
	}

	async close(): Promise<void> {
		await this.database.close();
	}

	private async setTargets(urls: readonly string[]): Promise<void> {
		const current = urls.length > 0 ? urls : [NO_TARGET];
		await this.database.write(
			sql('UPDATE targets SET is_current = 0'),
			...current.map((url) =>
				sql(
					`INSERT INTO targets (url, is_current) VALUES ($1, 1)
					ON CONFLICT (url) DO UPDATE SET is_current = 1`,
					url,
				),
			),
		);
	}

	/** Gives what came while there was no target to all that there are. */
	private async giveWaiting(): Promise<void> {
		const targets = await this.targets();
		const none = targets.find(({ url }) => url === NO_TARGET);
		if (none === undefined || none.is_current === 1) return;
		const chunk = `SELECT event FROM deliveries WHERE target = $1 ORDER BY event LIMIT ${CHUNK}`;
		for (let given = [{}]; given.length > 0;) {
			[, given = []] = await this.database.write<object>(
				sql(
					`INSERT INTO deliveries (event, target)
					SELECT c.event, t.number FROM (${chunk}) AS c CROSS JOIN targets t WHERE t.is_current = 1
					ON CONFLICT DO NOTHING`,
					none.number,
				),
				// Only what has another target by now: another inbox may have added to the chunk in between.
				sql(
					`DELETE FROM deliveries WHERE target = $1 AND event IN (${chunk}) AND EXISTS (
						SELECT 1 FROM deliveries other WHERE other.event = deliveries.event AND other.target <> $1)
					RETURNING event`,
					none.number,
				),
			);
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
			sql(
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

	private async targets(): Promise<TargetRow[]> {
		return await this.database.read<TargetRow>(sql('SELECT number, url, is_current FROM targets'));
	}

	private async numberOf(url: string): Promise<number> {
		const [row] = await this.database.read<TargetRow>(
			sql('SELECT number FROM targets WHERE url = $1', url),
		);
		if (row === undefined) throw new Error(`There is no target ${url}.`);
		return row.number;
	}

	/** Marks deliveries as taken by this inbox, and tells their events. */
	private async mark(
		which: string,
		[target, limit]: [number, number],
		...values: Value[]
	): Promise<number[]> {
		const [rows = []] = await this.database.write<{ event: number }>({
			sql: `WITH picked AS MATERIALIZED (
					SELECT event FROM deliveries WHERE target = $2 AND owner IS NULL AND ${which}
					LIMIT $3 ${this.database.dialect.skipTaken})
				UPDATE deliveries SET owner = $1 WHERE target = $2 AND event IN (SELECT event FROM picked)
				RETURNING event`,
			values: [this.database.owner, target, limit, ...values],
			isVolatile: true,
		});
		return rows.map(({ event }) => event).sort((a, b) => a - b);
	}

	private async freeAllBut(held: ReadonlySet<number>, target: number): Promise<void> {
		await this.change(
			`owner = NULL WHERE target = $1 AND owner = $2 AND event NOT IN (${[0, ...held].join()})`,
			...[target, this.database.owner],
		);
	}

	private async consignment(
		sequence: number,
		number: number,
		target: string,
	): Promise<Consignment> {
		const [row] = await this.database.read<BodyRow & SummaryRow & { attempts: number }>(
			sql(
				`SELECT e.id, e.received_at, e.body, e.content_type, e.signature, d.attempts
				FROM events e JOIN deliveries d ON d.event = e.sequence WHERE e.sequence = $1 AND d.target = $2`,
				...[sequence, number],
			),
		);
		if (row === undefined) throw new Error(`Event ${sequence} is gone.`);
		const { attempts, received_at: receivedAt } = row;
		return { sequence, target, id: toHex(row.id), receivedAt, attempts, ...toBody(row) };
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
			changed = await this.change(
				`${change} WHERE target = $1 AND event IN (
					SELECT event FROM deliveries WHERE target = $1 AND state ${states} ORDER BY event LIMIT $2)`,
				...[target, CHUNK, ...values],
			);
		}
		return total;
	}
}

/** As if it had never been tried. */
const ANEW = "state = 'waiting', attempts = 0, due_at = NULL, ended_at = NULL, owner = NULL";

interface TargetRow {
	number: number;
	url: string;
	is_current: number;
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
	url: string;
	state: State;
	attempts: number;
	last_answer: string | null;
	due_at: number | null;
	ended_at: number | null;
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

function sql(text: string, ...values: Value[]): Statement {
	return { sql: text, values };
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
	return {
		target: row.url,
		state: row.state,
		attempts: row.attempts,
		lastAnswer: row.last_answer,
		dueAt: row.due_at,
		deliveredAt: row.state === 'delivered' ? row.ended_at : null,
	};
}

function toBody(row: BodyRow): Pick<StoredEvent, 'body' | 'contentType' | 'signature'> {
	const { buffer, byteOffset, byteLength } = row.body;
	return {
		body: Buffer.from(buffer, byteOffset, byteLength),
		contentType: row.content_type,
		signature: row.signature,
	};
}

function fromHex(id: string): Buffer {
	return Buffer.from(id, 'hex');
}

function toHex(id: Uint8Array): string {
	return Buffer.from(id).toString('hex');
}
