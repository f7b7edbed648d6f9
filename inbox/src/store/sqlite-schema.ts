import type { DatabaseSync } from 'node:sqlite';

import { checkVersion } from './database';

/** One for each version of the file, from {@link FIRST_VERSION} on: an update runs those that the file has not seen. */
const MIGRATIONS: readonly string[] = [
	`
	CREATE TABLE targets (
		number INTEGER PRIMARY KEY,
		key TEXT NOT NULL UNIQUE,
		url TEXT NOT NULL,
		name TEXT NOT NULL DEFAULT '',
		state TEXT NOT NULL DEFAULT 'left',
		changed_at INTEGER NOT NULL,
		is_set INTEGER NOT NULL DEFAULT 0
	) STRICT;

	CREATE TABLE events (
		sequence INTEGER PRIMARY KEY AUTOINCREMENT,
		id BLOB NOT NULL UNIQUE,
		received_at INTEGER NOT NULL,
		content_type TEXT,
		signature TEXT NOT NULL,
		event TEXT,
		call_id TEXT,
		voicelog_id TEXT,
		body BLOB NOT NULL
	) STRICT;
	CREATE INDEX events_by_time ON events (received_at);
	CREATE INDEX events_by_name ON events (event) WHERE event IS NOT NULL;
	CREATE INDEX events_by_call ON events (call_id) WHERE call_id IS NOT NULL;
	CREATE INDEX events_by_voicelog ON events (voicelog_id) WHERE voicelog_id IS NOT NULL;

	CREATE TABLE deliveries (
		event INTEGER NOT NULL REFERENCES events ON DELETE CASCADE,
		target INTEGER NOT NULL REFERENCES targets,
		state TEXT NOT NULL DEFAULT 'waiting',
		attempts INTEGER NOT NULL DEFAULT 0,
		deferrals INTEGER NOT NULL DEFAULT 0,
		is_ignored INTEGER NOT NULL DEFAULT 0,
		tried_at INTEGER,
		due_at INTEGER,
		ended_at INTEGER,
		history TEXT,
		locked_by INTEGER,
		locked_until INTEGER,
		PRIMARY KEY (event, target)
	) STRICT, WITHOUT ROWID;
	CREATE INDEX deliveries_by_state ON deliveries (target, state, event);
	CREATE INDEX deliveries_by_due ON deliveries (target, due_at) WHERE state = 'retrying';
	CREATE INDEX deliveries_by_end ON deliveries (ended_at, event) WHERE ended_at IS NOT NULL;

	CREATE TABLE sends (
		number INTEGER PRIMARY KEY,
		target TEXT,
		filter TEXT NOT NULL,
		done_to INTEGER NOT NULL,
		last INTEGER NOT NULL,
		locked_until INTEGER
	) STRICT;

	-- Counting a million rows would hold up the door each time that somebody looks. What is inserted is counted by whoever inserts it.
	CREATE TABLE counts (
		target INTEGER NOT NULL,
		state TEXT NOT NULL,
		number INTEGER NOT NULL,
		PRIMARY KEY (target, state)
	) STRICT, WITHOUT ROWID;
	CREATE TRIGGER count_deleted AFTER DELETE ON deliveries BEGIN
		UPDATE counts SET number = number - 1 WHERE target = old.target AND state = old.state;
	END;
	CREATE TRIGGER count_changed AFTER UPDATE OF target, state ON deliveries
	WHEN old.target <> new.target OR old.state <> new.state BEGIN
		UPDATE counts SET number = number - 1 WHERE target = old.target AND state = old.state;
		INSERT INTO counts VALUES (new.target, new.state, 1)
			ON CONFLICT DO UPDATE SET number = number + 1;
	END;

	CREATE TABLE health (checked_at INTEGER NOT NULL) STRICT;
	INSERT INTO health VALUES (0);
	`,
	`
	-- One row: what a chat was told, in JSON, and which inbox tells.
	CREATE TABLE notices (
		told TEXT NOT NULL,
		locked_by INTEGER,
		locked_until INTEGER
	) STRICT;
	INSERT INTO notices (told) VALUES ('');
	`,
	`
	-- What an inbox that has stopped had refused at the door, for the next one.
	CREATE TABLE refusals (number INTEGER NOT NULL, since INTEGER NOT NULL, until INTEGER NOT NULL) STRICT;
	`,
];

/** 1 was never released. */
const FIRST_VERSION = 2;
const NEWEST = FIRST_VERSION + MIGRATIONS.length - 1;

/** @throws if the file is of a version that this inbox does not know */
export function migrateSqlite(database: DatabaseSync): void {
	const version = versionOf(database);
	if (version > NEWEST || (version > 0 && version < FIRST_VERSION)) {
		throw new Error(
			`it has version ${version}, but this inbox supports versions ${FIRST_VERSION} to ${NEWEST}`,
		);
	}
	const done = version === 0 ? 0 : version - FIRST_VERSION + 1;
	MIGRATIONS.slice(done).forEach((sql, i) => {
		database.exec(`BEGIN; ${sql}; PRAGMA user_version = ${FIRST_VERSION + done + i}; COMMIT`);
	});
}

/** For whoever only reads. @throws if the file is of another version than this program's */
export function checkSqliteVersion(database: DatabaseSync): void {
	checkVersion(versionOf(database), NEWEST);
}

function versionOf(database: DatabaseSync): number {
	return Number(database.prepare('PRAGMA user_version').get()?.['user_version']);
}
