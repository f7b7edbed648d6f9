import { mkdtempSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

import { openSqlite, type SqliteOptions } from '../../inbox/src/store/sqlite';
import { SqlStore } from '../../inbox/src/store/sql-store';
import { openStore } from '../../inbox/src/store/open';
import { closeStores, newEvent, newEvents, newPlace, openAt } from './support/open-store';

/* What only a SQLite file can go through. */

const TARGETS = [{ key: 'one', url: 'http://one.test/', name: '' }];

afterEach(closeStores);

const open = async (options: Partial<SqliteOptions> & { file: string }) =>
	await SqlStore.open(openSqlite({ minFreeBytes: 0, isInline: true, ...options }), TARGETS);

test('while too little of the disk is free, new events are refused, and deliveries are still noted', async () => {
	const { store, at } = await openAt(await newPlace('SQLite'), TARGETS);
	for (const event of newEvents(2)) await store.add(event);
	await store.close();
	const full = await open({ file: at, minFreeBytes: Number.MAX_SAFE_INTEGER });
	await expect(full.add(newEvent())).rejects.toThrow(/MB are free on the disk of .*inbox\.sqlite/);
	await expect(full.checkWritable()).rejects.toThrow('are free on the disk');
	for (const job of await full.take('one', { places: 9, retries: 9 })) {
		await full.settle(job, { state: 'delivered', isIgnored: false });
	}
	expect(await full.overview()).toMatchObject([{ counts: { delivered: 2, waiting: 0 } }]);
	await full.close();
});

test.each([
	['deleted', false],
	['replaced', true],
])(
	'a file that is %s while it is open takes no event: it would be gone after a restart',
	async (harm, isReplaced) => {
		const { store, at } = await openAt(await newPlace('SQLite'), TARGETS);
		await store.add(newEvent());
		renameSync(at, `${at}.old`);
		if (isReplaced) writeFileSync(at, '');
		const message = `was ${harm} while the inbox had it open`;
		await expect(store.add(newEvent())).rejects.toThrow(message);
		await expect(store.checkWritable()).rejects.toThrow(message);
	},
);

test('a damaged file is refused with what to do, and so is a backup beside the log of another file', async () => {
	const { store, at } = await openAt(await newPlace('SQLite'), TARGETS);
	for (let n = 0; n < 50; n++) await store.add(newEvent({ body: Buffer.alloc(20_000, n) }));
	await store.close();
	const bytes = readFileSync(at);
	bytes.fill(0xff, bytes.length / 2, bytes.length / 2 + 40_000);
	writeFileSync(at, bytes);
	const opening = () => openStore({ store: at, forwardTo: ['http://one.test/'], minFreeBytes: 0 });
	await expect(opening()).rejects.toThrow(
		/INBOX_STORE cannot be used \(.*inbox\.sqlite\): the file is damaged.*Restore a backup/s,
	);
	writeFileSync(`${at}-wal`, 'x'.repeat(4_000));
	await expect(opening()).rejects.toThrow(/delete inbox\.sqlite-wal and inbox\.sqlite-shm/);
	writeFileSync(at, 'no database');
	await expect(opening()).rejects.toThrow('the file is damaged');
});

test('two inboxes never have the same file, and it is free again when one has ended', async () => {
	const { store, at } = await openAt(await newPlace('SQLite'), TARGETS);
	await expect(open({ file: at })).rejects.toThrow('another inbox is using it');
	await store.close();
	await (await open({ file: at })).close();
});

test('a file of a later version is refused', async () => {
	const at = await newPlace('SQLite');
	const database = new DatabaseSync(at);
	database.exec('PRAGMA user_version = 99');
	database.close();
	await expect(open({ file: at })).rejects.toThrow('it has version 99');
});

test('what was leased when the inbox ended is free at the next start', async () => {
	const { store, at } = await openAt(await newPlace('SQLite'), TARGETS);
	await store.add(newEvent());
	expect(await store.take('one', { places: 9, retries: 9 })).toHaveLength(1);
	await store.close();
	const next = await open({ file: at });
	expect(await next.take('one', { places: 9, retries: 9 })).toHaveLength(1);
	await next.close();
});

test('an event that cannot be stored takes none with it that can', async () => {
	const { store } = await openAt(await newPlace('SQLite'), TARGETS);
	const bad = newEvent({ receivedAt: 'no number' as unknown as number });
	const answers = await Promise.allSettled(
		[newEvent(), bad, newEvent()].map((one) => store.add(one)),
	);
	expect(answers.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
	expect(await store.overview()).toMatchObject([{ counts: { waiting: 2 } }]);
});

test('a copy of the file while it is used, as a backup makes it, has every event', async () => {
	const { store, at, database } = await openAt(await newPlace('SQLite'), TARGETS);
	for (const event of newEvents(5)) await store.add(event);
	const copy = join(mkdtempSync(join(tmpdir(), 'koeiq-copy-')), 'inbox.sqlite');
	await database.write({ sql: 'SELECT 1' });
	const reader = new DatabaseSync(at);
	reader.exec(`VACUUM INTO '${copy}'`);
	reader.close();
	const restored = await open({ file: copy });
	expect(await restored.take('one', { places: 9, retries: 9 })).toHaveLength(5);
	await restored.close();
	rmSync(dirname(copy), { recursive: true });
});

test('the file gives back the space of what has been kept for long enough', async () => {
	const { store, at } = await openAt(await newPlace('SQLite'), TARGETS);
	for (let n = 0; n < 200; n++) await store.add(newEvent({ body: Buffer.alloc(20_000, n) }));
	for (const job of await store.take('one', { places: 999, retries: 999 })) {
		await store.settle(job, { state: 'delivered', isIgnored: false });
	}
	await store.tidy(1_000_000);
	const before = statSync(at).size;
	expect(await store.search({ limit: 999 })).toHaveLength(200);
	await store.tidy(-1_000);
	expect(await store.search({ limit: 999 })).toEqual([]);
	expect(statSync(at).size).toBeLessThan(before / 4);
});

test('a thread of its own writes in the program: what arrives meanwhile goes to disk together', async () => {
	const at = await newPlace('SQLite');
	jest.spyOn(process, 'umask').mockReturnValue(0);
	const store = await SqlStore.open(
		openSqlite({
			file: at,
			minFreeBytes: 0,
			writer: join(__dirname, '../../inbox/dist/sqlite-writer.js'),
		}),
		TARGETS,
	);
	await Promise.all(newEvents(200).map((event) => store.add(event)));
	expect(await store.overview()).toMatchObject([{ counts: { waiting: 200 } }]);
	await store.checkWritable();
	await store.close();
});
