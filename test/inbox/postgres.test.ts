import { execFileSync } from 'node:child_process';
import { createServer, connect, type Server, type Socket } from 'node:net';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';

import { findPostgres, POSTGRES } from '../../harness/services';
import { poll } from '../../harness/wait';
import { openPostgres } from '../../inbox/src/store/postgres';
import type { Job } from '../../inbox/src/store/store';
import {
	closeStores,
	newEvent,
	newEvents,
	newPlace,
	openAt,
	postgresServer,
	stopPostgres,
} from './support/open-store';

/* What only PostgreSQL can do to the inbox. */

const TARGETS = [{ key: 'one', url: 'http://one.test/', name: '' }];
const ALL = { places: 99, retries: 99 };

afterEach(closeStores);
afterAll(stopPostgres);

async function sessionsIn(at: string, condition: string): Promise<number> {
	const [[count = ''] = []] = await activityIn(at, 'count(*)', condition);
	return Number(count);
}

async function endSessions(at: string, condition = 'true'): Promise<void> {
	await activityIn(at, 'pg_terminate_backend(pid)', condition);
}

async function activityIn(at: string, columns: string, condition: string): Promise<string[][]> {
	const server = await postgresServer();
	const database = new URL(at).pathname.slice(1);
	return await server.query(
		`select ${columns} from pg_stat_activity where datname = '${database}' and ${condition}`,
	);
}

test('sessions that are ended cost nothing: the store goes on, leaks none, and no lease is lost', async () => {
	const at = await newPlace('PostgreSQL');
	const { store } = await openAt(at, TARGETS);
	for (const event of newEvents(4)) await store.add(event);
	const leased = await store.take('one', ALL);
	expect(leased).toHaveLength(4);
	for (let i = 0; i < 10; i++) {
		const storing = store.add(newEvent()).catch(() => 'refused');
		await endSessions(at);
		await storing;
		// The first query on a session that was ended fails; within a second the next does not.
		await store.checkWritable().catch(() => store.checkWritable());
		expect(await store.add(newEvent())).toBe('stored');
	}
	expect(await sessionsIn(at, "application_name = 'koeiq-inbox'")).toBeLessThanOrEqual(10);
	const again = await store.take('one', ALL);
	const first = new Set(leased.map(({ id }: Job) => id));
	expect(again.filter(({ id }) => first.has(id))).toEqual([]);
	expect(again.length).toBeGreaterThanOrEqual(10);
});

test('of two sessions that were ended unnoticed, one query at most meets one', async () => {
	const at = await newPlace('PostgreSQL');
	const { database } = await openAt(at, TARGETS);
	const session = async () =>
		await database.read<{ pid: number }>({ sql: 'SELECT pg_backend_pid() AS pid, pg_sleep(0.2)' });
	const [[one], [other]] = await Promise.all([session(), session()]);
	expect(other?.pid).not.toBe(one?.pid);
	// This process waits for psql, and so reads nothing from its own sessions.
	const end = `select pg_terminate_backend(pid, 5000) from unnest(array[${one?.pid}, ${other?.pid}]) pid`;
	execFileSync(join(findPostgres() ?? '', 'psql'), [at, '-c', end]);
	await expect(database.checkWritable()).rejects.toThrow('terminating connection');
	await database.checkWritable();
});

test('an event whose session ends before it is stored is stored by another', async () => {
	const at = await newPlace('PostgreSQL');
	const { store } = await openAt(at, TARGETS);
	const other = await openPostgres(at, 'other');
	const locked = other.write(
		...[
			{ sql: 'LOCK TABLE events IN EXCLUSIVE MODE' },
			{ sql: 'SELECT pg_sleep(10)', isLong: true },
		],
	);
	locked.catch(() => {});
	const sleeping = "application_name = 'other' AND wait_event = 'PgSleep'";
	const waiting = "application_name = 'koeiq-inbox' AND wait_event_type = 'Lock'";
	await poll('the lock', 5_000, async () => (await sessionsIn(at, sleeping)) === 1);
	const storing = store.add(newEvent());
	storing.catch(() => {});
	await poll('the insert', 5_000, async () => (await sessionsIn(at, waiting)) === 1);
	await endSessions(at, waiting);
	await endSessions(at, "application_name = 'other'");
	expect(await storing).toBe('stored');
	await other.close();
});

test('a session that is reset while it is used fails its query, and nothing else', async () => {
	const at = await newPlace('PostgreSQL');
	const { store, database } = await openAt(at, TARGETS);
	const sleeping = database.read({ sql: 'SELECT pg_sleep(60)', isLong: true });
	sleeping.catch(() => {});
	await new Promise((resolve) => setTimeout(resolve, 300));
	await endSessions(at);
	await expect(sleeping).rejects.toThrow();
	expect(await store.add(newEvent())).toBe('stored');
});

describe('a network that falls silent', () => {
	let proxy: Server;
	const sockets = new Set<Socket>();
	let isSilent = false;

	beforeEach(async () => {
		const server = await postgresServer();
		proxy = createServer((client) => {
			const upstream = connect(server.port, '127.0.0.1');
			for (const [from, to] of [
				[client, upstream],
				[upstream, client],
			] as const) {
				const silentFromNowOn = () => isSilent || silent.has(from);
				from.on('data', (chunk) => {
					if (silentFromNowOn()) silent.add(from).add(to);
					else to.write(chunk);
				});
				from.on('error', () => {});
				from.on('close', () => {
					if (!silentFromNowOn()) to.destroy();
				});
				sockets.add(from);
			}
		});
		const silent = new Set<Socket>();
		await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
	});

	afterEach(() => {
		for (const socket of sockets) socket.destroy();
		proxy.close();
	});

	test('is noticed within seconds, and once it is back the next event is stored at once', async () => {
		const direct = new URL(await newPlace('PostgreSQL'));
		direct.port = String((proxy.address() as AddressInfo).port);
		const { store } = await openAt(direct.href, TARGETS);
		await store.add(newEvent());
		isSilent = true;
		const answers = await Promise.allSettled(newEvents(20).map((event) => store.add(event)));
		expect(answers.every(({ status }) => status === 'rejected')).toBe(true);
		isSilent = false;
		expect(await store.add(newEvent())).toBe('stored');
	}, 60_000);
});

test('a database that does not keep UTF-8 is refused with a sentence', async () => {
	const at = await newPlace(
		'PostgreSQL',
		"encoding 'SQL_ASCII' lc_collate 'C' lc_ctype 'C' template template0",
	);
	await expect(openAt(at, TARGETS)).rejects.toThrow('its encoding is SQL_ASCII');
});

test('a schema that is there needs no right to make one', async () => {
	const at = await newPlace('PostgreSQL');
	const server = await postgresServer();
	const database = new URL(at).pathname.slice(1);
	const role = `inbox_${database.slice(6, 20)}`;
	await server.query(`create role ${role} login`);
	await (await openAt(at, TARGETS)).store.close();
	const asOwner = await openAt(at, TARGETS);
	for (const grant of [
		`REVOKE CREATE ON DATABASE ${database} FROM PUBLIC`,
		`GRANT USAGE ON SCHEMA koeiq_inbox TO ${role}`,
		`GRANT ALL ON ALL TABLES IN SCHEMA koeiq_inbox TO ${role}`,
		`GRANT CREATE ON SCHEMA koeiq_inbox TO ${role}`,
	]) {
		await asOwner.database.write({ sql: grant });
	}
	const url = new URL(at);
	url.username = role;
	const { store } = await openAt(url.href, TARGETS);
	expect(await store.add(newEvent())).toBe('stored');
});

test.each(['?options=-c%20search_path%3Dpublic', '?options=-c%20synchronous_commit%3Doff'])(
	'settings in the URL (%s) move no table, and what is stored is on disk',
	async (options) => {
		const at = (await newPlace('PostgreSQL')) + options;
		const { store, database } = await openAt(at, TARGETS);
		expect(await store.add(newEvent())).toBe('stored');
		const tables = await database.read<{ schema: string }>({
			sql: `SELECT DISTINCT schemaname AS schema FROM pg_tables WHERE tablename IN ('events', 'deliveries', 'targets')`,
		});
		expect(tables).toEqual([{ schema: 'koeiq_inbox' }]);
	},
);

test('an event that cannot be stored takes none with it that can', async () => {
	const { store } = await openAt(await newPlace('PostgreSQL'), TARGETS);
	const bad = newEvent({ callId: 'a\0b' });
	const answers = await Promise.allSettled(
		[newEvent(), bad, newEvent()].map((one) => store.add(one)),
	);
	expect(answers.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
});

test(`two inboxes that start at once on an empty database both start`, async () => {
	const at = await newPlace('PostgreSQL');
	const [one, two] = await Promise.all([openAt(at, TARGETS), openAt(at, TARGETS)]);
	await one.store.add(newEvent());
	expect(await two.store.overview()).toMatchObject([{ counts: { waiting: 1 } }]);
	expect(POSTGRES.database).toBe('postgres');
});

test('what one inbox registers, moves, pauses and forgets, the other knows', async () => {
	const at = await newPlace('PostgreSQL');
	const [{ store: one }, { store: two }] = [await openAt(at, []), await openAt(at, [])];
	const target = { key: 'new', url: 'http://new.test/', name: 'New' };
	await one.register(target);
	await two.add(newEvent());
	expect(await two.take('new', ALL)).toHaveLength(1);
	await two.register({ ...target, url: 'http://moved.test/' });
	expect(await one.targets()).toMatchObject([{ url: 'http://moved.test/' }]);
	await one.pause('new');
	await two.add(newEvent());
	expect(await two.take('new', ALL)).toEqual([]);
	expect(await two.forget('new')).toBe(2);
	expect(await one.overview()).toMatchObject([{ key: '', state: 'current' }]);
});

test('two targets that are forgotten at once by two inboxes leave no event without a place', async () => {
	const at = await newPlace('PostgreSQL');
	const [{ store: one }, { store: two }] = [await openAt(at, []), await openAt(at, [])];
	for (let i = 0; i < 10; i++) {
		await one.register({ key: 'a', url: 'http://a.test/', name: '' });
		await two.register({ key: 'b', url: 'http://b.test/', name: '' });
		await Promise.all([one.forget('a'), two.forget('b')]);
		const event = newEvent();
		await one.add(event);
		expect((await one.find(event.id))?.deliveries).toMatchObject([{ target: { key: '' } }]);
	}
});
