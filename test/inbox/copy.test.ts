import { existsSync, rmSync } from 'node:fs';

import { copy } from '../../inbox/src/cli/copy';
import { beginCopy, copyAll } from '../../inbox/src/store/copying';
import { openStore } from '../../inbox/src/store/open';
import { TABLES } from '../../inbox/src/store/tables';
import {
	closeStores,
	newEvent,
	newEvents,
	newPlace,
	openAt,
	stopPostgres,
	STORES,
	type OpenedStore,
	type StoreName,
} from './support/open-store';

/* Everything moves from one store to another, once, and nothing else does. */

const A = { key: 'a', url: 'http://a/webhook/a/koeiq', name: 'A' };
const B = { key: 'b', url: 'http://b/webhook/b/koeiq', name: 'B' };
const TOLD = '{"told":{}}';
const WAYS = STORES.flatMap((from) => STORES.map((to) => [from, to] as const));

afterEach(closeStores);
afterAll(stopPostgres);

/** A store with deliveries in each state, a send under way, and gaps in its numbers. */
async function newSource(name: StoreName): Promise<OpenedStore> {
	const source = await openAt(await newPlace(name), []);
	const { store } = source;
	await store.register(A);
	await store.register(B);
	await store.pause('b');
	const events = [
		...newEvents(5),
		newEvent({
			body: Buffer.from([0x7b, 0xff, 0x00, 0x7d]),
			event: null,
			callId: null,
			contentType: null,
		}),
	];
	for (const event of events) await store.add(event);
	const [first, second, third] = await store.take('a', { places: 3, retries: 1 });
	if (!first || !second || !third) throw new Error('Nothing was taken.');
	const attempt = { at: Date.now(), answer: '500 {"message":"✗"}', milliseconds: 12 };
	await store.settle(first, { state: 'delivered', isIgnored: true }, attempt);
	await store.settle(second, { state: 'failed' }, attempt);
	await store.settle(third, { state: 'retrying', pause: 60_000 }, attempt);
	await store.sendAll({ state: 'failed' }, 'a');
	await store.takeNotices();
	await store.noteNotices(TOLD);
	return source;
}

/** Everything that the store says of its events, with their bodies. */
async function said({ store }: OpenedStore) {
	const found = await store.search({ limit: 1_000 });
	return {
		overview: await store.overview(),
		events: await Promise.all(found.map(async ({ id }) => await store.find(id))),
	};
}

test.each(WAYS)('%s to %s: what the store says is the same, and it goes on', async (from, to) => {
	const source = await newSource(from);
	const before = await said(source);
	await source.store.close();
	const place = await newPlace(to);
	const lines: string[] = [];
	await copy(source.at, place, (line) => {
		lines.push(line);
	});
	expect(lines.at(-2)).toContain('targets: 2, events: 6, deliveries: 12, sends: 1');

	const target = await openAt(place, []);
	expect(await said(target)).toEqual(before);
	// Or the chat would be told everything once more.
	expect(await target.store.takeNotices()).toBe(TOLD);
	await target.store.add(newEvent());
	expect((await target.store.register({ ...A, key: 'c' })).state).toBe('current');
	expect(await target.store.sendAll({}, 'a')).toBe(7);
	const [newest] = await target.store.search({ limit: 1 });
	expect(newest?.sequence).toBeGreaterThan(before.events[0]?.sequence ?? NaN);
	expect((await target.store.overview())[0]?.counts).toMatchObject({ waiting: 4, failed: 1 });
});

describe.each<[StoreName, StoreName]>([
	['SQLite', 'PostgreSQL'],
	['PostgreSQL', 'SQLite'],
])('%s to %s, under an inbox', (from, to) => {
	test('it waits for its end, and what has changed since is changed in the copy', async () => {
		const source = await newSource(from);
		const { store } = source;
		const place = await newPlace(to);
		const copying = copy(source.at, place, (line) => {
			if (!line.startsWith('Now stop')) return;
			void change().then(async () => {
				await store.close();
			});
		});
		let before: unknown;
		const change = async () => {
			for (const event of newEvents(3)) await store.add(event);
			const [job] = await store.take('a', { places: 1, retries: 0 });
			if (job) await store.settle(job, { state: 'delivered', isIgnored: false });
			await store.register(B);
			await store.move('b', 'a');
			await store.forget('b');
			while (await store.sendNext());
			await store.discard('a');
			for (const event of newEvents(2)) await store.add(event);
			// All that has ended goes.
			await store.tidy(-1_000);
			before = await said(source);
		};
		await copying;
		expect(await said(await openAt(place, []))).toEqual(before);
		expect(before).toMatchObject({ events: { length: 2 }, overview: { length: 1 } });
	});

	test('it goes on where it broke off', async () => {
		const source = await newSource(from);
		const before = await said(source);
		const place = await newPlace(to);
		const cutOff = copy(source.at, place, (line) => {
			if (line.startsWith('Now stop')) throw new Error('cut off');
		});
		await expect(cutOff).rejects.toThrow('cut off');
		const other = await newSource('SQLite');
		await expect(copy(other.at, place, () => {})).rejects.toThrow(
			/^--to cannot .*unfinished copy of/,
		);
		const unfinished = copy(place, await newPlace('SQLite'), () => {});
		await expect(unfinished).rejects.toThrow(/^INBOX_STORE cannot .*unfinished copy/);

		await source.store.close();
		await copy(source.at, place, () => {});
		const target = await openAt(place, []);
		expect(await said(target)).toEqual(before);
		await target.store.close();
		await expect(copy(source.at, place, () => {})).rejects.toThrow(
			/^--to must be an empty store\. /,
		);
	});
});

test('no inbox uses a copy before it is finished', async () => {
	const { database, at } = await openAt(await newPlace('PostgreSQL'), []);
	await beginCopy(database, 'another');
	const opening = openStore({ store: at, forwardTo: [], minFreeBytes: 0 });
	await expect(opening).rejects.toThrow(/^INBOX_STORE cannot .*unfinished copy/);
});

test.each(STORES)('a store in %s that has something, or an inbox, is left alone', async (name) => {
	const source = await newSource('SQLite');
	await source.store.close();
	const other = await openAt(await newPlace(name), [A]);
	await expect(copy(source.at, other.at, () => {})).rejects.toThrow(
		/^--to cannot .*an(other)? inbox/,
	);
	await other.store.close();
	rmSync(`${other.at}.lock`, { force: true });
	await expect(copy(source.at, other.at, () => {})).rejects.toThrow(
		/^--to must be an empty store\. .* is not empty \(targets: 1, events: 0\)\. Nothing was copied\.$/,
	);
	expect(existsSync(`${other.at}.lock`)).toBe(false);
	await expect(copy(source.at, source.at, () => {})).rejects.toThrow('are the same store');
	await openAt(other.at, []);
});

test.each(STORES)(
	'what is equal is only read, and what is large is copied, in %s',
	async (name) => {
		const source = await newSource('SQLite');
		const body = Buffer.alloc(6 * 2 ** 20, 'x');
		for (const end of ['1', '2', '3']) {
			await source.store.add(newEvent({ body: Buffer.concat([body, Buffer.from(end)]) }));
		}
		const { database } = await openAt(await newPlace(name), []);
		await database.write({ sql: 'DELETE FROM targets' });
		await copyAll(source.database, database, () => {});
		const write = jest.spyOn(database, 'write');
		await copyAll(source.database, database, () => {});
		expect(write).not.toHaveBeenCalled();
		const [row] = await database.read({
			sql: 'SELECT count(*) AS number FROM events WHERE length(body) > 6000000',
		});
		expect(row).toEqual({ number: 3 });
	},
);

/** What a store needs for itself, and makes anew. */
const OWN_TABLES = [
	'copying',
	'counts',
	'health',
	'notices',
	'refusals',
	'versions',
	'sqlite_sequence',
];
const OWN_COLUMNS = ['locked_by', 'locked_until'];

test.each<[StoreName, string]>([
	[
		'SQLite',
		'SELECT m.name AS "table", c.name AS "column" FROM sqlite_schema m JOIN pragma_table_info(m.name) c WHERE m.type = \'table\'',
	],
	[
		'PostgreSQL',
		'SELECT table_name AS "table", column_name AS "column" FROM information_schema.columns WHERE table_schema = \'koeiq_inbox\'',
	],
])('every table and column of %s is copied, or is its own', async (name, sql) => {
	const { database } = await openAt(await newPlace(name), []);
	const found = await database.read<{ table: string; column: string }>({ sql });
	const copied = TABLES.flatMap(({ name: table, key, columns }) =>
		[...key, ...columns].map((column) => `${table}.${column}`),
	);
	const expected = found
		.filter(({ table, column }) => !OWN_TABLES.includes(table) && !OWN_COLUMNS.includes(column))
		.map(({ table, column }) => `${table}.${column}`);
	expect(copied.sort()).toEqual(expected.sort());
});

test('numbers that PostgreSQL gives go on after a copy', async () => {
	const { database } = await openAt(await newPlace('PostgreSQL'), []);
	const numbered = await database.read<{ name: string }>({
		sql: "SELECT table_name AS name FROM information_schema.columns WHERE table_schema = 'koeiq_inbox' AND is_identity = 'YES'",
	});
	const listed = TABLES.filter(({ isNumbered }) => isNumbered === true).map(({ name }) => name);
	expect(numbered.map(({ name }) => name).sort()).toEqual(listed.sort());
});
