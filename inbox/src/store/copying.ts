import { long, sql, type Database, type Statement, type Value } from './database';
import { SCHEMA } from './postgres-schema';
import { TABLES, type Table } from './tables';

/*
 * Makes one store equal to another, row by row. A copy that broke off goes on where it was, and one that was made while
 * an inbox changed its source is put right by doing it again: what is equal is only read.
 */

/** Rows that are compared at once. */
const CHUNK = 2_000;
/** Rows that one transaction writes at most, and their bytes. */
const BATCH_ROWS = 200;
const BATCH_BYTES = 8 * 2 ** 20;

type Row = Record<string, Value | Uint8Array>;
type Reader = Pick<Database, 'read'>;

/** Part of a table: rows that the copy has not, or has otherwise, and rows that only the copy has. */
export interface Difference {
	missing: Row[];
	stale: Row[];
	/** Rows of the source that were compared. */
	compared: number;
}

/** Whether a store waits for the rest of a copy: no inbox may use it. */
export async function isUnfinishedCopy(
	database: Pick<Database, 'dialect' | 'read'>,
): Promise<boolean> {
	return (await database.read(sql(database.dialect.hasTable, 'copying'))).length > 0;
}

/** Keeps inboxes off a store until the copy is finished. @param source whose copy it is */
export async function beginCopy(database: Database, source: string): Promise<void> {
	await database.write(
		sql('CREATE TABLE copying (source TEXT NOT NULL)'),
		sql('INSERT INTO copying VALUES ($1)', source),
	);
}

/** Whose copy is unfinished; undefined if none is. */
export async function sourceOf(database: Database): Promise<string | undefined> {
	if (!(await isUnfinishedCopy(database))) return undefined;
	const [row] = await database.read<{ source: string }>(sql('SELECT source FROM copying'));
	return row?.source;
}

/** @param onCompared called with the number of events that have been compared so far */
export async function copyAll(
	from: Reader,
	to: Database,
	onCompared: (events: number) => void,
): Promise<void> {
	for (const table of [...TABLES].reverse()) {
		for await (const { stale } of differences(table, from, to, [])) {
			for (const batch of batches(stale, () => 0)) await remove(table, batch, to);
		}
	}
	for (const table of TABLES) {
		let compared = 0;
		for await (const part of differences(table, from, to)) {
			for (const batch of batches(part.missing, (row) => Number(row['size'] ?? 0))) {
				await put(table, table.size === undefined ? batch : await whole(table, batch, from), to);
			}
			compared += part.compared;
			if (table.name === 'events') onCompared(compared);
		}
	}
	await copyNotices(from, to);
}

/** What a chat was told already: it is not told again because the store has moved. */
async function copyNotices(from: Reader, to: Database): Promise<void> {
	const told = async (store: Reader) =>
		(await store.read<{ told: string }>(sql('SELECT told FROM notices')))[0]?.told ?? '';
	const [source, copy] = [await told(from), await told(to)];
	if (source !== copy) await to.write(sql('UPDATE notices SET told = $1', source));
}

/** What the database itself derives from the rows; after that, inboxes may use it. */
export async function finishCopy(to: Database, isPostgres: boolean): Promise<void> {
	const numbered = TABLES.filter(({ isNumbered }) => isNumbered === true);
	await to.write(
		...(isPostgres
			? [
					...TABLES.map(({ name }) => long(`ANALYZE ${SCHEMA}.${name}`)),
					...numbered.map(({ name, key: [key = ''] }) =>
						long(
							`SELECT setval(pg_get_serial_sequence('${SCHEMA}.${name}', '${key}'), coalesce(max(${key}), 0) + 1, false) FROM ${name}`,
						),
					),
				]
			: [
					sql('DELETE FROM counts'),
					long(
						'INSERT INTO counts SELECT target, state, count(*) FROM deliveries GROUP BY target, state',
					),
				]),
		sql('DROP TABLE copying'),
	);
}

/** How many rows a store has: of each table, and of deliveries by their state. Of targets, those that people see. */
export async function countRows(store: Reader): Promise<Record<string, number>> {
	const counts: Record<string, number> = {};
	for (const { name } of TABLES) {
		const [row] = await store.read<{ number: number }>(
			long(`SELECT count(*) AS number FROM ${name}${name === 'targets' ? SHOWN : ''}`),
		);
		counts[name] = row?.number ?? 0;
	}
	const states = await store.read<{ state: string; number: number }>(
		long('SELECT state, count(*) AS number FROM deliveries GROUP BY state ORDER BY state'),
	);
	for (const { state, number } of states) counts[state] = number;
	return counts;
}

const SHOWN = ` WHERE key <> '' AND (is_set = 1 OR state <> 'left' OR EXISTS (
	SELECT 1 FROM deliveries WHERE target = targets.number AND state IN ('waiting', 'retrying', 'failed')))`;

/** @param columns that are compared, beside the key */
export async function* differences(
	table: Table,
	from: Reader,
	to: Reader,
	columns = table.size === undefined ? table.columns : [],
): AsyncGenerator<Difference> {
	const size = table.size === undefined ? '' : `, ${table.size} AS size`;
	const selected = [...table.key, ...columns].join();
	let after: Value[] | undefined;
	for (;;) {
		const rows = await from.read<Row>(
			long(
				`SELECT ${selected}${size} FROM ${table.name}${where(table, after)} ORDER BY ${table.key.join()} LIMIT ${CHUNK}`,
				...(after ?? []),
			),
		);
		const last = rows.length < CHUNK ? undefined : rows.at(-1);
		const upTo = last && keyOf(table, last);
		const there = await to.read<Row>(
			long(
				`SELECT ${selected} FROM ${table.name}${where(table, after, upTo)}`,
				...[...(after ?? []), ...(upTo ?? [])],
			),
		);
		const copies = new Map(there.map((row) => [keyOf(table, row).join(), row]));
		const missing = rows.filter((row) => {
			const key = keyOf(table, row).join();
			const copy = copies.get(key);
			copies.delete(key);
			return copy === undefined || columns.some((column) => copy[column] !== row[column]);
		});
		yield { missing, stale: [...copies.values()], compared: rows.length };
		if (upTo === undefined) return;
		after = upTo;
	}
}

/** Of rows whose key is larger than one, and no larger than another. */
function where({ key }: Table, after?: Value[], upTo?: Value[]): string {
	const places = (from: number) => key.map((_, i) => `$${from + i + 1}`).join();
	const above = after === undefined ? [] : [`(${key.join()}) > (${places(0)})`];
	const below = upTo === undefined ? [] : [`(${key.join()}) <= (${places(after?.length ?? 0)})`];
	const conditions = [...above, ...below];
	return conditions.length === 0 ? '' : ` WHERE ${conditions.join(' AND ')}`;
}

function keyOf({ key }: Table, row: Row): Value[] {
	return key.map((column) => toValue(row[column]));
}

function toValue(value: Row[string] | undefined): Value {
	return value instanceof Uint8Array ? Buffer.from(value) : (value ?? null);
}

function* batches(rows: readonly Row[], sizeOf: (row: Row) => number): Generator<Row[]> {
	let batch: Row[] = [];
	let bytes = 0;
	for (const row of rows) {
		if (batch.length >= BATCH_ROWS || (batch.length > 0 && bytes + sizeOf(row) > BATCH_BYTES)) {
			yield batch;
			[batch, bytes] = [[], 0];
		}
		batch.push(row);
		bytes += sizeOf(row);
	}
	if (batch.length > 0) yield batch;
}

/** All columns of rows that have been read in part. */
async function whole(table: Table, rows: readonly Row[], from: Reader): Promise<Row[]> {
	return await from.read<Row>(
		select(`SELECT ${[...table.key, ...table.columns].join()} FROM`, table, rows),
	);
}

async function remove(table: Table, rows: readonly Row[], to: Database): Promise<void> {
	await to.write(select('DELETE FROM', table, rows));
}

function select(verb: string, table: Table, rows: readonly Row[]): Statement {
	const { name, key } = table;
	const one = (_row: Row, i: number) =>
		`(${key.map((column, j) => `${column} = $${i * key.length + j + 1}`).join(' AND ')})`;
	return long(
		`${verb} ${name} WHERE ${rows.map(one).join(' OR ')}`,
		...rows.flatMap((row) => keyOf(table, row)),
	);
}

async function put(
	{ name, key, columns }: Table,
	rows: readonly Row[],
	to: Database,
): Promise<void> {
	const all = [...key, ...columns];
	const { keepsNumbers, rowsPerInsert } = to.dialect;
	const places = (_row: Row, i: number) =>
		`(${all.map((_, j) => `$${i * all.length + j + 1}`).join()})`;
	const changes = columns.map((column) => `${column} = excluded.${column}`).join();
	const insert = (some: readonly Row[]) =>
		long(
			`INSERT INTO ${name} (${all.join()}) ${keepsNumbers} VALUES ${some.map(places).join()}
			ON CONFLICT (${key.join()}) DO UPDATE SET ${changes}`,
			...some.flatMap((row) => all.map((column) => toValue(row[column]))),
		);
	const inserts = [];
	for (let i = 0; i < rows.length; i += rowsPerInsert) {
		inserts.push(insert(rows.slice(i, i + rowsPerInsert)));
	}
	await to.write(...inserts);
}
