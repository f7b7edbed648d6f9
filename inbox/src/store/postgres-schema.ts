import type { ClientBase, PoolClient } from 'pg';

import { checkVersion } from './database';

/** Its tables have a schema of their own: the database may be n8n's. */
export const SCHEMA = 'koeiq_inbox';
/** Of an advisory lock that one inbox holds while it updates the schema: `KoeI`. */
const LOCK = 0x4b_6f_65_49;

/** One for each version of the schema, from {@link FIRST_VERSION} on: an update runs those that the database has not seen. */
const MIGRATIONS: readonly string[] = [
	`
	CREATE TABLE ${SCHEMA}.targets (
		number INTEGER GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
		key TEXT NOT NULL UNIQUE,
		url TEXT NOT NULL,
		name TEXT NOT NULL DEFAULT '',
		state TEXT NOT NULL DEFAULT 'left',
		changed_at BIGINT NOT NULL,
		is_set INTEGER NOT NULL DEFAULT 0
	);

	CREATE TABLE ${SCHEMA}.events (
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
	CREATE INDEX events_by_time ON ${SCHEMA}.events (received_at, sequence);
	CREATE INDEX events_by_name ON ${SCHEMA}.events (event, sequence);
	CREATE INDEX events_by_call ON ${SCHEMA}.events (call_id, sequence);
	CREATE INDEX events_by_voicelog ON ${SCHEMA}.events (voicelog_id, sequence);

	CREATE TABLE ${SCHEMA}.deliveries (
		event BIGINT NOT NULL REFERENCES ${SCHEMA}.events ON DELETE CASCADE,
		target INTEGER NOT NULL REFERENCES ${SCHEMA}.targets,
		state TEXT NOT NULL DEFAULT 'waiting',
		attempts INTEGER NOT NULL DEFAULT 0,
		deferrals INTEGER NOT NULL DEFAULT 0,
		is_ignored INTEGER NOT NULL DEFAULT 0,
		tried_at BIGINT,
		due_at BIGINT,
		ended_at BIGINT,
		history TEXT,
		locked_by BIGINT,
		locked_until BIGINT,
		PRIMARY KEY (event, target)
	) WITH (autovacuum_vacuum_scale_factor = 0.02);
	CREATE INDEX deliveries_by_state ON ${SCHEMA}.deliveries (target, state, event);
	CREATE INDEX deliveries_by_due ON ${SCHEMA}.deliveries (target, due_at) WHERE state = 'retrying';
	CREATE INDEX deliveries_by_end ON ${SCHEMA}.deliveries (ended_at, event) WHERE ended_at IS NOT NULL;

	CREATE TABLE ${SCHEMA}.sends (
		number INTEGER GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
		target TEXT,
		filter TEXT NOT NULL,
		done_to BIGINT NOT NULL,
		last BIGINT NOT NULL,
		locked_until BIGINT
	);

	CREATE TABLE ${SCHEMA}.health (checked_at BIGINT NOT NULL);
	INSERT INTO ${SCHEMA}.health VALUES (0);
	`,
	`
	-- One row: what a chat was told, in JSON, and which inbox tells.
	CREATE TABLE ${SCHEMA}.notices (
		told TEXT NOT NULL,
		locked_by BIGINT,
		locked_until BIGINT
	);
	INSERT INTO ${SCHEMA}.notices (told) VALUES ('');
	`,
	`
	-- What an inbox that has stopped had refused at the door, for the next one.
	CREATE TABLE ${SCHEMA}.refusals (number BIGINT NOT NULL, since BIGINT NOT NULL, until BIGINT NOT NULL);
	`,
];

/** 1 was never released. */
const FIRST_VERSION = 2;
const NEWEST = FIRST_VERSION + MIGRATIONS.length - 1;

/** @throws if the database cannot keep events as they are, or its schema is of a version that this inbox does not know */
export async function migratePostgres(client: PoolClient): Promise<void> {
	const { rows: encodings } = await client.query<{ server_encoding: string }>(
		'SHOW server_encoding',
	);
	const encoding = encodings[0]?.server_encoding;
	if (encoding !== 'UTF8') {
		throw new Error(`its encoding is ${encoding ?? 'unknown'}: create the database with UTF8`);
	}
	await client.query('BEGIN');
	// For as long as the transaction, so that it works through PgBouncer too.
	await client.query('SELECT pg_advisory_xact_lock($1)', [LOCK]);
	// An existing schema needs no right to make one.
	const { rows: schemas } = await client.query('SELECT 1 FROM pg_namespace WHERE nspname = $1', [
		SCHEMA,
	]);
	if (schemas.length === 0) await client.query(`CREATE SCHEMA ${SCHEMA}`);
	await client.query(`CREATE TABLE IF NOT EXISTS ${SCHEMA}.versions (version INTEGER PRIMARY KEY)`);
	const { rows } = await client.query<{ version: number }>(
		`SELECT coalesce(max(version), 0) AS version FROM ${SCHEMA}.versions`,
	);
	const version = rows[0]?.version ?? 0;
	if (version > NEWEST || (version > 0 && version < FIRST_VERSION)) {
		throw new Error(
			`it has version ${version}, but this inbox supports versions ${FIRST_VERSION} to ${NEWEST}`,
		);
	}
	const done = version === 0 ? 0 : version - FIRST_VERSION + 1;
	for (const [i, sql] of MIGRATIONS.slice(done).entries()) {
		await client.query(
			`${sql}; INSERT INTO ${SCHEMA}.versions VALUES (${FIRST_VERSION + done + i})`,
		);
	}
	await client.query('COMMIT');
}

/** For whoever only reads. @throws if the schema is of another version than this program's */
export async function checkPostgresVersion(client: ClientBase): Promise<void> {
	const { rows: tables } = await client.query('SELECT 1 FROM pg_tables WHERE schemaname = $1', [
		SCHEMA,
	]);
	const { rows } =
		tables.length === 0
			? { rows: [] }
			: await client.query<{ version: number }>(
					`SELECT max(version) AS version FROM ${SCHEMA}.versions`,
				);
	checkVersion(rows[0]?.version ?? 0, NEWEST);
}
