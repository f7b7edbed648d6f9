import { sql, type Database, type Statement } from './database';
import { NO_TARGET, type Subscription, type SubscribedTarget, type Target } from './store';

/** A row of `targets`. */
export interface TargetRow {
	number: number;
	key: string;
	url: string;
	name: string;
	state: Subscription;
	changed_at: number;
	is_set: number;
}

const STATE = "CASE WHEN is_set = 1 THEN 'current' ELSE state END";
/** Of a target in SQL: it gets events. */
export const CURRENT = "(is_set = 1 OR state = 'current') AND key <> ''";
/** Since when it is current: from now on, unless it was. */
const SINCE = `changed_at = CASE WHEN targets.is_set = 1 OR targets.state = 'current'
	THEN targets.changed_at ELSE excluded.changed_at END`;
/** How long a target that has left, and of which nothing is kept, stays for who may be storing an event for it still. */
const REMOVE_AFTER_MS = 3_600_000;

/** First in each change: of two at once, on two inboxes, one waits for the other. */
const LOCK = sql("UPDATE targets SET changed_at = changed_at WHERE key = ''");
/** Last in each change: events are kept without a target for as long as there is none that they are kept for. */
const SETTLE = sql(
	`UPDATE targets SET state = CASE
		WHEN EXISTS (SELECT 1 FROM targets other WHERE other.key <> '' AND (other.is_set = 1 OR other.state <> 'left'))
		THEN 'left' ELSE 'current' END
	WHERE key = ''`,
);

/** Who gets events, in SQL: what INBOX_FORWARD_TO names, and who has registered. */
export class SqlTargets {
	constructor(private readonly database: Database) {}

	/** Those that INBOX_FORWARD_TO names from now on. */
	async set(targets: readonly Target[]): Promise<void> {
		const now = Date.now();
		const keys = targets.map((_, i) => `$${i + 2}`).join() || "''";
		await this.database.write(
			sql(
				"INSERT INTO targets (key, url, state, changed_at) VALUES ('', '', 'current', $1) ON CONFLICT (key) DO NOTHING",
				now,
			),
			LOCK,
			sql(
				`UPDATE targets SET is_set = 0, changed_at = $1 WHERE is_set = 1 AND key NOT IN (${keys})`,
				...[now, ...targets.map(({ key }) => key)],
			),
			...targets.map(({ key, url }) =>
				sql(
					`INSERT INTO targets (key, url, changed_at, is_set) VALUES ($1, $2, $3, 1)
					ON CONFLICT (key) DO UPDATE SET url = excluded.url, is_set = 1, ${SINCE}`,
					...[key, url, now],
				),
			),
			SETTLE,
		);
	}

	async register({ key, url, name }: Target): Promise<SubscribedTarget> {
		await this.database.write(
			LOCK,
			sql(
				`INSERT INTO targets (key, url, name, state, changed_at) VALUES ($1, $2, $3, 'current', $4)
				ON CONFLICT (key) DO UPDATE SET name = excluded.name, state = 'current', ${SINCE},
					url = CASE WHEN targets.is_set = 1 THEN targets.url ELSE excluded.url END`,
				...[key, url, name, Date.now()],
			),
			SETTLE,
		);
		const registered = await this.find(key);
		if (registered === undefined) throw new Error(`The target ${key} was forgotten meanwhile.`);
		return registered;
	}

	async pause(key: string): Promise<SubscribedTarget | undefined> {
		await this.database.write(
			LOCK,
			sql(
				"UPDATE targets SET state = 'paused', changed_at = $2 WHERE key = $1 AND key <> '' AND state = 'current'",
				...[key, Date.now()],
			),
		);
		return await this.find(key);
	}

	async leave(key: string): Promise<void> {
		await this.database.write(
			LOCK,
			sql(
				"UPDATE targets SET state = 'left', changed_at = $2 WHERE key = $1 AND state <> 'left'",
				...[key, Date.now()],
			),
			SETTLE,
		);
	}

	/** Has those leave that were paused for so long, and removes those that have left and have nothing. */
	async tidy(keepMilliseconds: number): Promise<void> {
		const now = Date.now();
		await this.database.write(
			LOCK,
			sql(
				"UPDATE targets SET state = 'left', changed_at = $1 WHERE state = 'paused' AND is_set = 0 AND changed_at < $2",
				...[now, now - keepMilliseconds],
			),
			sql(
				`DELETE FROM targets WHERE state = 'left' AND is_set = 0 AND key <> '' AND changed_at < $1
				AND NOT EXISTS (SELECT 1 FROM deliveries WHERE target = targets.number)`,
				now - REMOVE_AFTER_MS,
			),
			SETTLE,
		);
	}

	/** All of them, also {@link NO_TARGET}, in the order in which they came. */
	async rows(): Promise<TargetRow[]> {
		return await this.database.read<TargetRow>(
			sql(
				`SELECT number, key, url, name, ${STATE} AS state, changed_at, is_set FROM targets ORDER BY number`,
			),
		);
	}

	async list(): Promise<SubscribedTarget[]> {
		const rows = await this.rows();
		return rows.filter(({ key }) => key !== NO_TARGET).map(toTarget);
	}

	/** Undefined unless it gets events. */
	async currentNumber(key: string): Promise<number | undefined> {
		return await this.number(sql(`SELECT number FROM targets WHERE key = $1 AND ${CURRENT}`, key));
	}

	/** @throws if there is no such target */
	async numberOf(key: string): Promise<number> {
		const number = await this.number(sql('SELECT number FROM targets WHERE key = $1', key));
		if (number === undefined) throw new Error(`There is no target ${key}.`);
		return number;
	}

	private async number(statement: Statement): Promise<number | undefined> {
		const [row] = await this.database.read<{ number: number }>(statement);
		return row?.number;
	}

	private async find(key: string): Promise<SubscribedTarget | undefined> {
		return (await this.list()).find((target) => target.key === key);
	}
}

export function toTarget(row: TargetRow): SubscribedTarget {
	const { key, url, name, state } = row;
	return { key, url, name, state, changedAt: row.changed_at, isSet: row.is_set === 1 };
}
