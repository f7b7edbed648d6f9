import { Client, Pool, types } from 'pg';

import { logSometimes } from '../log';
import { EVENT_COLUMNS, type Database, type Dialect, type Statement } from './database';

/** One for each version of the schema: an update runs those that the database has not seen. */
const MIGRATIONS: readonly string[] = [
	`
	CREATE TABLE targets (
		number INTEGER GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
		url TEXT NOT NULL UNIQUE,
		is_current INTEGER NOT NULL
	);

	CREATE TABLE events (
		sequence BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
		id BYTEA NOT NULL UNIQUE,
		received_at BIGINT NOT NULL,
		content_type TEXT,
		signature TEXT NOT NULL,
		event TEXT,
		call_id TEXT,
		voicelog_id TEXT,
		body BYTEA NOT NULL
	);
	CREATE INDEX events_by_name ON events (event, sequence);
	CREATE INDEX events_by_call ON events (call_id, sequence);
	CREATE INDEX events_by_voicelog ON events (voicelog_id, sequence);

	CREATE TABLE deliveries (
		event BIGINT NOT NULL REFERENCES events ON DELETE CASCADE,
		target INTEGER NOT NULL REFERENCES targets,
		state TEXT NOT NULL DEFAULT 'waiting',
		attempts INTEGER NOT NULL DEFAULT 0,
		last_answer TEXT,
		tried_at BIGINT,
		due_at BIGINT,
		ended_at BIGINT,
		owner INTEGER,
		PRIMARY KEY (event, target)
	) WITH (autovacuum_vacuum_scale_factor = 0.02);
	CREATE INDEX deliveries_by_state ON deliveries (target, state, event);
	CREATE INDEX deliveries_by_due ON deliveries (target, due_at) WHERE state = 'retrying';
	CREATE INDEX deliveries_by_end ON deliveries (ended_at, event) WHERE ended_at IS NOT NULL;
	CREATE INDEX deliveries_by_owner ON deliveries (owner) WHERE owner IS NOT NULL;

	CREATE TABLE health (checked_at BIGINT NOT NULL);
	INSERT INTO health VALUES (0);
	CREATE SEQUENCE owners AS INTEGER CYCLE;
	`,
];

/** Its tables have a schema of their own: the database may be n8n's. */
const SCHEMA = 'koeiq_inbox';
/** The first of an advisory lock's two numbers; the second is an inbox's, or 0 for what one does at a time. */
const LOCK = 0x4b_6f_65_49;
/* In milliseconds. */
const CONNECT_TIMEOUT = 5_000;
const STATEMENT_TIMEOUT = 30_000;
const OWNERS_CHECKED_EVERY = 2_000;

const dialect: Dialect = {
	add: (values) => [
		{
			sql: `WITH added AS (
					INSERT INTO events (${EVENT_COLUMNS}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
					ON CONFLICT (id) DO NOTHING RETURNING sequence
				), given AS (
					INSERT INTO deliveries (event, target)
					SELECT added.sequence, targets.number FROM added, targets WHERE is_current = 1
				)
				SELECT sequence FROM added`,
			values,
		},
	],
	counts: 'SELECT target, state, count(*) AS number FROM deliveries GROUP BY target, state',
	skipTaken: 'FOR UPDATE SKIP LOCKED',
};

/** Times and counts are far below 2^53. */
types.setTypeParser(types.builtins.INT8, Number);

/**
 * A PostgreSQL of any number of inboxes. What an inbox has taken bears its number, and the inbox holds a lock of that
 * number for as long as it lives: without the lock, the others have it back within seconds, whatever the clocks say.
 *
 * @throws if it cannot be reached, or its schema is of a later version
 */
export async function openPostgres(connectionString: string): Promise<Database> {
	const connection = {
		connectionString,
		connectionTimeoutMillis: CONNECT_TIMEOUT,
		statement_timeout: STATEMENT_TIMEOUT,
		keepAlive: true,
		application_name: 'koeiq-inbox',
		// Whatever the database's own settings are: on disk is on disk.
		options: `-c search_path=${SCHEMA} -c synchronous_commit=on`,
	};
	await migrate(new Client(connection));
	const pool = new Pool({ ...connection, max: 10 });
	// An idle connection that breaks is replaced when it is needed.
	pool.on('error', () => {});

	const query = async <Row>({ sql, values = [] }: Statement): Promise<Row[]> =>
		(await pool.query(sql, [...values])).rows as Row[];
	const transaction = async <Row>(statements: readonly Statement[]): Promise<Row[][]> => {
		const client = await pool.connect();
		try {
			await client.query(`BEGIN; SELECT pg_advisory_xact_lock(${LOCK}, 0)`);
			const rows: Row[][] = [];
			for (const { sql, values = [] } of statements) {
				rows.push((await client.query(sql, [...values])).rows as Row[]);
			}
			await client.query('COMMIT');
			client.release();
			return rows;
		} catch (error) {
			client.release(true);
			throw error;
		}
	};

	const [{ owner } = { owner: 0 }] = await query<{ owner: number }>({
		sql: "SELECT nextval('owners')::integer AS owner",
	});
	const presence = new Presence(connection, owner, query);
	await presence.start();

	return {
		dialect,
		owner,
		read: query,
		write: async <Row>(...statements: Statement[]) => {
			const [first] = statements;
			if (first === undefined) return [];
			return statements.length === 1
				? [await query<Row>(first)]
				: await transaction<Row>(statements);
		},
		// Its autovacuum does.
		shrink: async () => {},
		close: async () => {
			await presence.stop();
			await pool.end();
		},
	};
}

/** Shows the other inboxes that this one lives, and frees what those have taken that do not. */
class Presence {
	private client: Client | undefined;
	private timer: NodeJS.Timeout | undefined;
	/** Owners that had no lock when they were last checked: after a restart of the database, each has to take its own again. */
	private missing = new Set<number>();

	constructor(
		private readonly connection: ConstructorParameters<typeof Client>[0],
		private readonly owner: number,
		private readonly query: <Row>(statement: Statement) => Promise<Row[]>,
	) {}

	async start(): Promise<void> {
		await this.show();
		const check = () => {
			this.show()
				.then(() => this.free())
				.catch((error: unknown) => {
					logSometimes('presence', {}, `PostgreSQL cannot be reached: ${String(error)}`);
				})
				.finally(() => {
					if (this.timer !== undefined) this.timer = setTimeout(check, OWNERS_CHECKED_EVERY);
				});
		};
		this.timer = setTimeout(check, OWNERS_CHECKED_EVERY);
	}

	async stop(): Promise<void> {
		clearTimeout(this.timer);
		this.timer = undefined;
		await this.client?.end();
	}

	private async show(): Promise<void> {
		if (this.client !== undefined) return;
		const client = new Client(this.connection);
		const gone = () => {
			if (this.client === client) this.client = undefined;
		};
		client.on('error', gone);
		client.on('end', gone);
		await client.connect();
		await client.query('SELECT pg_advisory_lock($1, $2)', [LOCK, this.owner]);
		this.client = client;
	}

	private async free(): Promise<void> {
		const rows = await this.query<{ owner: number }>({
			sql: `SELECT DISTINCT owner FROM deliveries WHERE owner IS NOT NULL AND owner NOT IN (
				SELECT objid::integer FROM pg_locks
				WHERE locktype = 'advisory' AND classid = $1 AND objsubid = 2 AND granted
				AND database = (SELECT oid FROM pg_database WHERE datname = current_database()))`,
			values: [LOCK],
		});
		const missing = rows.map(({ owner }) => owner);
		for (const owner of missing.filter((one) => this.missing.has(one))) {
			await this.query({
				sql: 'UPDATE deliveries SET owner = NULL WHERE owner = $1',
				values: [owner],
			});
		}
		this.missing = new Set(missing);
	}
}

async function migrate(client: Client): Promise<void> {
	await client.connect();
	try {
		await client.query('SELECT pg_advisory_lock($1, 0)', [LOCK]);
		await client.query(`CREATE SCHEMA IF NOT EXISTS ${SCHEMA}`);
		await client.query('CREATE TABLE IF NOT EXISTS versions (version INTEGER PRIMARY KEY)');
		const { rows } = await client.query<{ version: number }>(
			'SELECT coalesce(max(version), 0) AS version FROM versions',
		);
		const version = rows[0]?.version ?? 0;
		if (version > MIGRATIONS.length) {
			throw new Error(`it is of version ${version}, and this inbox knows ${MIGRATIONS.length}`);
		}
		for (const [index, sql] of MIGRATIONS.slice(version).entries()) {
			const next = version + index + 1;
			await client.query(`BEGIN; ${sql}; INSERT INTO versions VALUES (${next}); COMMIT`);
		}
	} finally {
		await client.end();
	}
}
