/* Fills an inbox's SQLite file with events that wait for its current targets. Usage: fill.mjs FILE NUMBER */
// @ts-expect-error Node 24 has it, and this project's types are of Node 20.
import * as sqlite from 'node:sqlite';

/** @type {{ DatabaseSync: new (file: string) => { exec: (sql: string) => void, close: () => void } }} */
const { DatabaseSync } = sqlite;

const [file = '', number = '0'] = process.argv.slice(2);
const database = new DatabaseSync(file);
database.exec('PRAGMA synchronous = OFF; PRAGMA cache_size = -262144');
const CHUNK = 50_000;
for (let from = 0; from < Number(number); from += CHUNK) {
	const to = Math.min(from + CHUNK, Number(number));
	database.exec(`
		BEGIN;
		INSERT INTO events (id, received_at, content_type, signature, event, call_id, voicelog_id, body)
			WITH RECURSIVE n (i) AS (VALUES (${from}) UNION ALL SELECT i + 1 FROM n WHERE i < ${to - 1})
			SELECT randomblob(32), unixepoch() * 1000, 'application/json', 'sha256=' || hex(randomblob(32)),
				'analytics.completed', 'CALL-' || i, 'vl_' || i, CAST(hex(randomblob(157)) AS BLOB) FROM n;
		INSERT INTO deliveries (event, target)
			SELECT e.sequence, t.number FROM events e, targets t
			WHERE t.is_current = 1 AND e.sequence > (SELECT coalesce(max(event), 0) FROM deliveries);
		INSERT INTO counts SELECT number, 'waiting', ${to - from} FROM targets WHERE is_current = 1
			ON CONFLICT DO UPDATE SET number = counts.number + excluded.number;
		COMMIT`);
}
database.close();
