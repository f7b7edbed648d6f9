import { createServer, connect, type Server, type Socket } from 'node:net';
import type { AddressInfo } from 'node:net';

import { POSTGRES } from '../../harness/services';
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

const TARGETS = [{ key: 'one', url: 'http://one.test/' }];
const ALL = { places: 99, retries: 99 };

afterEach(closeStores);
afterAll(stopPostgres);

/** Sessions of inboxes in a database. */
async function sessionsIn(at: string): Promise<number> {
	const server = await postgresServer();
	const database = new URL(at).pathname.slice(1);
	const [[count = ''] = []] = await server.query(
		`select count(*) from pg_stat_activity where datname = '${database}' and application_name = 'koeiq-inbox'`,
	);
	return Number(count);
}

async function endSessions(at: string): Promise<void> {
	const server = await postgresServer();
	const database = new URL(at).pathname.slice(1);
	await server.query(
		`select pg_terminate_backend(pid) from pg_stat_activity where datname = '${database}'`,
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
	expect(await sessionsIn(at)).toBeLessThanOrEqual(10);
	const again = await store.take('one', ALL);
	const first = new Set(leased.map(({ id }: Job) => id));
	expect(again.filter(({ id }) => first.has(id))).toEqual([]);
	expect(again.length).toBeGreaterThanOrEqual(10);
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
