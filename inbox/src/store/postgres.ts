import { Pool, types, type PoolClient, type QueryConfig } from 'pg';

import { logSometimes } from '../log';
import {
	EVENT_COLUMNS,
	KEPT_FOR,
	type Database,
	type Dialect,
	type EventRow,
	type Statement,
} from './database';
import { migratePostgres, SCHEMA } from './postgres-schema';

/* In milliseconds. A network that falls silent is noticed by a query that takes too long. */
const CONNECT_TIMEOUT_MS = 3_000;
const QUERY_TIMEOUT_MS = 5_000;
const LONG_QUERY_TIMEOUT_MS = 60_000;
/** Added for each MB of what is stored. */
const TIMEOUT_PER_MB_MS = 1_000;
const IDLE_TIMEOUT_MS = 30_000;
const POOL_SIZE = 10;
/** Events that one transaction stores at most, and their bytes. */
const BATCH_EVENTS = 200;
const BATCH_BYTES = 16 * 2 ** 20;

export const dialect: Dialect = {
	// The database's own clock: those of two inboxes differ.
	leaseClock: 'coalesce($1::bigint, (extract(epoch FROM clock_timestamp()) * 1000)::bigint)',
	now: () => null,
	counts: 'SELECT target, state, count(*) AS number FROM deliveries GROUP BY target, state',
	idText: "encode(e.id, 'hex')",
	skipLocked: 'FOR UPDATE SKIP LOCKED',
	keepsNumbers: 'OVERRIDING SYSTEM VALUE',
	rowsPerInsert: 200,
	hasTable: `SELECT tablename FROM pg_tables WHERE schemaname = '${SCHEMA}' AND tablename = $1`,
};

/** What the sessions of inboxes are called, and of nobody else. */
export const INBOX_SESSION = 'koeiq-inbox';

const qualified = new Map<string, string>();

/** Names the schema of each table: a search path would be a session's, and PgBouncer shares sessions. */
export function qualify(sql: string): string {
	const known = qualified.get(sql);
	if (known !== undefined) return known;
	const text = sql.replaceAll(
		/\b(FROM|JOIN|INTO|UPDATE|TABLE)\s+(events|deliveries|targets|sends|notices|refusals|health|copying)\b/g,
		`$1 ${SCHEMA}.$2`,
	);
	qualified.set(sql, text);
	return text;
}

/** Inserts rows of `events` given as an array for each column; tells the ids of those that are new. */
const INSERT_EVENTS = qualify(
	`WITH added AS (
		INSERT INTO events (${EVENT_COLUMNS.join()})
		SELECT * FROM unnest($1::bytea[], $2::bigint[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::bytea[])
		ON CONFLICT (id) DO NOTHING RETURNING sequence, id
	), given AS (
		INSERT INTO deliveries (event, target)
		SELECT added.sequence, number FROM added CROSS JOIN targets WHERE ${KEPT_FOR}
	)
	SELECT id FROM added`,
);

/** Of all tables, with their indexes. */
const SIZE = `SELECT coalesce(sum(pg_total_relation_size(c.oid)), 0)::bigint AS bytes
	FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = $1 AND c.relkind = 'r'`;

/** Times and counts are far below 2^53. */
types.setTypeParser(types.builtins.INT8, Number);

/**
 * A PostgreSQL of any number of inboxes, directly or through PgBouncer: no session holds anything, so that none is missed
 * if it ends. Nothing is set at its beginning either, for PgBouncer passes few settings on.
 *
 * @throws if it cannot be reached, keeps text in another encoding than UTF-8, or has a schema of a later version
 */
export async function openPostgres(
	connectionString: string,
	applicationName = INBOX_SESSION,
): Promise<Database> {
	const sessions = new Sessions(connectionString, applicationName);
	try {
		await sessions.use(migratePostgres);
	} catch (error) {
		await sessions.close();
		throw error;
	}
	const inserts = new InsertQueue(sessions);
	const read = async <Row>(statement: Statement): Promise<Row[]> =>
		await sessions.use(async (client) => (await client.query(toQuery(statement))).rows as Row[]);

	return {
		dialect,
		add: async (event) => await inserts.add(event),
		checkWritable: async () => {
			await read({ sql: 'UPDATE health SET checked_at = $1', values: [Date.now()] });
		},
		read,
		write: async <Row>(...statements: Statement[]) => {
			const [first, ...others] = statements;
			if (first === undefined) return [];
			if (others.length === 0) return [await read<Row>(first)];
			return await sessions.transaction(async (client) => {
				const rows: Row[][] = [];
				for (const statement of statements) {
					rows.push((await client.query(toQuery(statement))).rows as Row[]);
				}
				return rows;
			});
		},
		isDamage,
		// Its autovacuum does.
		shrink: async () => {},
		size: async () => {
			const [row] = await read<{ bytes: number }>({ sql: SIZE, values: [SCHEMA] });
			return { bytes: row?.bytes ?? 0, freeBytes: null };
		},
		close: async () => {
			await sessions.close();
		},
	};
}

function isDamage(error: unknown): boolean {
	return ['XX001', 'XX002'].includes(String((error as { code?: unknown }).code));
}

/** Whether PostgreSQL answered on a session that lives on. Codes 57P… and 08… are the end of one, by PostgreSQL or PgBouncer. */
function isAnswer(error: unknown): boolean {
	const { severity, code } = error as { severity?: unknown; code?: unknown };
	return typeof severity === 'string' && !/^(57P|08)/.test(String(code));
}

/** pg gives its time-outs no code. */
function isTimeout(error: unknown): boolean {
	return error instanceof Error && error.message.includes('timeout');
}

/** pg takes a time-out for each query, which its types leave out. */
type TimedQuery = QueryConfig & { query_timeout: number };

function toQuery({ sql, values = [], isLong = false }: Statement): TimedQuery {
	const timeout = isLong ? LONG_QUERY_TIMEOUT_MS : QUERY_TIMEOUT_MS;
	return { text: qualify(sql), values: [...values], query_timeout: timeout };
}

/** Sessions that are given up together once one of them has fallen silent: the others are on the same network. */
class Sessions {
	private pool: Pool;
	private isClosed = false;

	constructor(
		private readonly connectionString: string,
		private readonly applicationName: string,
	) {
		this.pool = this.open();
	}

	async use<Result>(work: (client: PoolClient) => Promise<Result>): Promise<Result> {
		const { pool } = this;
		const client = await pool.connect();
		try {
			const result = await work(client);
			client.release();
			return result;
		} catch (error) {
			// What is under way on it is unknown, so it is never used again.
			client.release(true);
			if (!isAnswer(error)) this.giveUp(pool);
			throw error;
		}
	}

	async transaction<Result>(work: (client: PoolClient) => Promise<Result>): Promise<Result> {
		return await this.use(async (client) => {
			// Whatever the database's own settings are: on disk is on disk.
			await client.query('BEGIN; SET LOCAL synchronous_commit = on');
			const result = await work(client);
			await client.query('COMMIT');
			return result;
		});
	}

	async close(): Promise<void> {
		this.isClosed = true;
		await this.pool.end();
	}

	private open(): Pool {
		const pool = new Pool({
			connectionString: this.connectionString,
			connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
			query_timeout: QUERY_TIMEOUT_MS,
			idleTimeoutMillis: IDLE_TIMEOUT_MS,
			keepAlive: true,
			application_name: this.applicationName,
			max: POOL_SIZE,
		});
		// An idle session that breaks is replaced when it is needed; one in use fails its query.
		pool.on('error', () => {});
		pool.on('connect', (client) => {
			client.on('error', () => {});
		});
		return pool;
	}

	private giveUp(pool: Pool): void {
		if (pool !== this.pool || this.isClosed) return;
		this.pool = this.open();
		pool.end().catch((error: unknown) => {
			logSometimes('postgres', {}, `A session of PostgreSQL could not be ended: ${String(error)}`);
		});
	}
}

interface Waiting {
	event: EventRow;
	resolve: (isNew: boolean) => void;
	reject: (reason: unknown) => void;
}

/** What arrives while one transaction is under way is stored by the next, all at once. */
class InsertQueue {
	private waiting: Waiting[] = [];
	private isStoring = false;

	constructor(private readonly sessions: Sessions) {}

	async add(event: EventRow): Promise<boolean> {
		return await new Promise((resolve, reject) => {
			this.waiting.push({ event, resolve, reject });
			if (!this.isStoring) void this.store();
		});
	}

	private async store(): Promise<void> {
		this.isStoring = true;
		await new Promise((resolve) => setImmediate(resolve));
		while (this.waiting.length > 0) await this.insert(this.nextBatch());
		this.isStoring = false;
	}

	private nextBatch(): Waiting[] {
		let bytes = 0;
		const more = this.waiting.findIndex(({ event }, i) => {
			bytes += event[7].length;
			return i > 0 && (i >= BATCH_EVENTS || bytes > BATCH_BYTES);
		});
		return this.waiting.splice(0, more < 0 ? this.waiting.length : more);
	}

	private async insert(batch: Waiting[], isRetry = false): Promise<void> {
		try {
			const columns = EVENT_COLUMNS.map((_, i) => batch.map(({ event }) => event[i]));
			const bytes = batch.reduce((sum, { event }) => sum + event[7].length, 0);
			const query: TimedQuery = {
				...{ text: INSERT_EVENTS, values: columns },
				query_timeout: QUERY_TIMEOUT_MS + (bytes / 2 ** 20) * TIMEOUT_PER_MB_MS,
			};
			const { rows } = await this.sessions.transaction(
				async (client) => await client.query<{ id: Buffer }>(query),
			);
			const added = new Set(rows.map(({ id }) => id.toString('hex')));
			// Of two that are the same, the first is the new one.
			for (const { event, resolve } of batch) resolve(added.delete(event[0].toString('hex')));
		} catch (error) {
			// A session that ended while it was idle is noticed by the next event, which another session stores.
			if (!isAnswer(error) && !isRetry && !isTimeout(error)) await this.insert(batch, true);
			// What cannot be stored must not take with it what can.
			else if (isAnswer(error) && batch.length > 1)
				for (const one of batch) await this.insert([one]);
			else for (const { reject } of batch) reject(error);
		}
	}
}
