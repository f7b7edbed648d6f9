import { createHash } from 'node:crypto';

import {
	HISTORY_LENGTH,
	STATES,
	type Demand,
	type EventFilter,
	type Job,
	type Outcome,
	type Scan,
	type Store,
	type Target,
} from '../../inbox/src/store/store';
import {
	closeStores,
	newEvent,
	newEvents,
	newPlace,
	openAt,
	stopPostgres,
	STORES,
	type OpenedStore,
} from './support/open-store';

/* What every store promises, on each database. */

const ONE: Target = { key: 'one', url: 'http://one.test/', name: '' };
const TWO: Target = { key: 'two', url: 'http://two.test/', name: '' };
/** One that registers itself. */
const THREE: Target = { key: 'three', url: 'http://three.test/', name: '日本 "three"' };
const MANY: Demand = { places: 100, retries: 100 };
const DELIVERED: Outcome = { state: 'delivered', isIgnored: false };
const RETRY_NOW: Outcome = { state: 'retrying', pause: 0 };

afterEach(closeStores);
afterAll(stopPostgres);

describe.each(STORES)('the store, on %s', (name) => {
	const open = async (...targets: Target[]) => await openAt(await newPlace(name), targets);

	async function add(store: Store, number: number): Promise<string[]> {
		const events = newEvents(number);
		for (const event of events) await store.add(event);
		return events.map(({ id }) => id);
	}

	const idsOf = (jobs: readonly Job[]) => jobs.map(({ id }) => id);
	const take = async (store: Store, demand: Partial<Demand> = {}, target = ONE) =>
		await store.take(target.key, { ...MANY, ...demand });

	const settle = async (
		store: Store,
		outcome: Outcome,
		demand: Partial<Demand> = {},
		target = ONE,
	) => {
		const jobs = await take(store, demand, target);
		for (const job of jobs) await store.settle(job, outcome);
		return idsOf(jobs);
	};

	async function countsOf(store: Store, target = ONE) {
		const overview = await store.overview();
		return overview.find(({ key }) => key === target.key)?.counts;
	}

	async function endLeases({ database }: OpenedStore) {
		await database.write({ sql: 'UPDATE deliveries SET locked_until = 0' });
	}

	describe('events', () => {
		test('are kept byte for byte, once, with all that came with them', async () => {
			const { store } = await open(ONE);
			const body = Buffer.from([0xef, 0xbb, 0xbf, ...Buffer.from('{"a":"日本"}')]);
			const event = newEvent({ body, contentType: null, event: null, callId: '日本 "\'\\' });
			expect(await store.add(event)).toBe('stored');
			expect(await store.add({ ...event, signature: 'another' })).toBe('duplicate');
			expect(await store.find(event.id)).toMatchObject({
				...{ body, contentType: null, signature: event.signature, event: null },
				...{ callId: event.callId, receivedAt: event.receivedAt },
				deliveries: [{ target: ONE, state: 'waiting', attempts: 0, history: [] }],
			});
			expect(await store.find('00'.repeat(32))).toBeUndefined();
		});

		test('that are the same and come at once are stored once', async () => {
			const { store } = await open(ONE);
			const event = newEvent();
			const answers = await Promise.all(Array.from({ length: 20 }, () => store.add(event)));
			expect(answers.filter((answer) => answer === 'stored')).toHaveLength(1);
			expect(idsOf(await take(store))).toEqual([event.id]);
		});

		test('of 16 MB are kept, also many at once', async () => {
			const { store } = await open(ONE);
			const events = [1, 2, 3].map((n) => newEvent({ body: Buffer.alloc(16 * 2 ** 20, n) }));
			await Promise.all(events.map((event) => store.add(event)));
			for (const job of await take(store)) {
				const body = await store.body(job);
				expect(body && createHash('sha256').update(body).digest('hex')).toBe(job.id);
			}
		});

		test('are found by call, voicelog, name and state, newest first, a page at a time', async () => {
			const { store } = await open(ONE);
			const [first, second, third] = newEvents(3);
			for (const event of [first, second, third]) if (event) await store.add(event);
			const ids = async (search: Partial<Parameters<Store['search']>[0]>) =>
				(await store.search({ limit: 10, ...search })).map(({ id }) => id);
			expect(await ids({})).toEqual([third?.id, second?.id, first?.id]);
			expect(await ids({ limit: 1 })).toEqual([third?.id]);
			expect(await ids({ text: second?.callId ?? '' })).toEqual([second?.id]);
			expect(await ids({ text: second?.voicelogId ?? '' })).toEqual([second?.id]);
			expect(await ids({ text: 'alert.triggered', state: 'waiting' })).toHaveLength(3);
			expect(await ids({ state: 'failed' })).toEqual([]);
			const [{ sequence } = { sequence: NaN }] = await store.search({ limit: 1 });
			expect(await ids({ before: sequence })).toEqual([second?.id, first?.id]);
		});
	});

	describe('a filter', () => {
		const T0 = Date.UTC(2026, 0, 1);
		const MINUTE = 60_000;

		/** Six events, a minute apart: two alerts, two analytics, two without a name; ONE has failed at the first three. */
		async function six() {
			const opened = await open(ONE, TWO);
			const names = ['alert.triggered', 'analytics.completed', null].flatMap((name) => [
				name,
				name,
			]);
			const events = names.map((event, i) => {
				const ids = { callId: `call ${i}`, voicelogId: `voicelog ${i}` };
				return newEvent({ event, receivedAt: T0 + i * MINUTE, ...ids });
			});
			for (const event of events) await opened.store.add(event);
			await settle(opened.store, { state: 'failed' }, { places: 3 });
			return { ...opened, events };
		}

		test.each<[EventFilter, number[]]>([
			[{}, [5, 4, 3, 2, 1, 0]],
			[{ event: 'alert.triggered' }, [1, 0]],
			[{ callId: 'call 4' }, [4]],
			[{ voicelogId: 'voicelog 1', state: 'failed' }, [1]],
			[{ voicelogId: 'voicelog 4', state: 'failed' }, []],
			[{ from: T0 + MINUTE, until: T0 + 3 * MINUTE }, [2, 1]],
			[{ from: T0 + 10 * MINUTE }, []],
			[{ state: 'failed' }, [2, 1, 0]],
			[{ state: 'failed', target: 'two' }, []],
			[{ target: 'two' }, [5, 4, 3, 2, 1, 0]],
			[{ target: 'nobody', event: 'alert.triggered' }, []],
			[{ event: 'analytics.completed', until: T0 + 3 * MINUTE, state: 'failed' }, [2]],
		])('%j selects what it says, a page at a time', async (filter, expected) => {
			const { store, events } = await six();
			const ids = expected.map((i) => events[i]?.id);
			const found = await store.search({ ...filter, limit: 10 });
			expect(found.map(({ id }) => id)).toEqual(ids);
			const [first] = await store.search({ ...filter, limit: 1 });
			expect(first?.id).toBe(ids[0]);
			if (first === undefined) return;
			const rest = await store.search({ ...filter, before: first.sequence, limit: 10 });
			expect(rest.map(({ id }) => id)).toEqual(ids.slice(1));
		});

		test('what came after an event is told in order of arrival', async () => {
			const { store, events } = await six();
			const all = await store.arrivals(0, 10);
			expect(all.map(({ id }) => id)).toEqual(events.map(({ id }) => id));
			expect(await store.arrivals(all[3]?.sequence ?? 0, 1)).toEqual([all[4]]);
		});

		test('sends what it selects again, to those that are in the state, and counts it', async () => {
			const { store, events } = await six();
			expect(await store.sendAll({ state: 'failed', event: 'alert.triggered' })).toBe(2);
			while (await store.sendNext());
			expect(await countsOf(store)).toMatchObject({ waiting: 5, failed: 1 });
			expect(await countsOf(store, TWO)).toMatchObject({ waiting: 6 });
			await settle(store, DELIVERED);
			await settle(store, DELIVERED, {}, TWO);
			expect(await store.sendAll({ from: T0, until: T0 + 60_000 })).toBe(1);
			expect(await store.sendAll({ event: 'nothing' })).toBe(0);
			while (await store.sendNext());
			expect(idsOf(await take(store))).toEqual([events[0]?.id]);
			expect(idsOf(await take(store, {}, TWO))).toEqual([events[0]?.id]);
		});

		test('sends to a target that never had it, and to no other', async () => {
			const { store } = await six();
			await store.register(THREE);
			expect(await store.sendAll({ until: T0 + 3_600_000 }, THREE.key)).toBe(6);
			while (await store.sendNext());
			expect(await countsOf(store, THREE)).toMatchObject({ waiting: 6 });
			expect(await countsOf(store)).toMatchObject({ waiting: 3, failed: 3 });
			expect(await take(store, {}, THREE)).toHaveLength(6);
		});

		test('sends thousands in parts; what is left to do survives, and is done once', async () => {
			const opened = await open(ONE);
			const ids = await add(opened.store, 1_200);
			await settle(opened.store, DELIVERED, { places: 2_000 });
			expect(await opened.store.sendAll({ state: 'delivered' })).toBe(1_200);
			await opened.store.sendNext();
			const waiting = (await countsOf(opened.store))?.waiting ?? 0;
			expect(waiting).toBeGreaterThan(0);
			expect(waiting).toBeLessThan(1_200);
			await opened.store.close();
			const { store } = await openAt(opened.at, [ONE]);
			await settle(store, DELIVERED, { places: 2_000 });
			while (await store.sendNext());
			expect(await countsOf(store)).toMatchObject({ waiting: 1_200 - waiting, delivered: waiting });
			expect(idsOf(await take(store, { places: 2_000 }))).toEqual(ids.slice(waiting));
		});
	});

	describe('a scan', () => {
		const DIGITS = 'a'.repeat(8);

		test.each<[string, Omit<Scan, 'limit'>, number[]]>([
			['part of a call, in another letter case', { contains: 'aLl-20' }, [2, 1, 0]],
			['part of a voicelog', { contains: 'L_1' }, [1]],
			['part of a delivery id', { contains: DIGITS.toUpperCase() }, [2]],
			['part of a name', { contains: 'TRIGG' }, [1, 0]],
			['a percent sign', { contains: '0%' }, [0]],
			['an underscore', { contains: '0_1' }, [1]],
			['a backslash', { contains: '\\' }, [2]],
			['what is nowhere', { contains: 'nothing' }, []],
			['what is at a target in a state', { contains: 'call', state: 'failed', target: 'one' }, [0]],
			[
				'what is in a state at another target',
				{ contains: 'call', state: 'failed', target: 'two' },
				[],
			],
			['a time', { contains: 'call', from: 2_000, until: 3_000 }, [2]],
		])('finds %s', async (_, scan, expected) => {
			const { store } = await open(ONE, TWO);
			const events = [
				newEvent({ callId: 'CALL-2020%', voicelogId: 'vl_0', receivedAt: 0 }),
				newEvent({ callId: 'CALL-200_1', voicelogId: 'VL_1', receivedAt: 1_000 }),
				newEvent({ callId: 'CALL-20\\', voicelogId: null, event: null, receivedAt: 2_000 }),
			];
			const id = `${'0'.repeat(28)}${DIGITS}${'0'.repeat(28)}`;
			const stored = events.map((event, i) => (i === 2 ? { ...event, id } : event));
			for (const event of stored) await store.add(event);
			const [job] = await take(store, { places: 1 });
			if (job) await store.settle(job, { state: 'failed' });
			const { events: found, next } = await store.scan({ limit: 10, ...scan });
			expect(found.map(({ id }) => stored.findIndex((one) => one.id === id))).toEqual(expected);
			expect(next).toBeNull();
		});

		test('goes through thousands of events, a page at a time, and stops when it takes too long', async () => {
			const { store } = await open(ONE);
			const events = Array.from({ length: 8_500 }, (_, i) =>
				newEvent({ callId: i % 1_000 === 0 ? `RARE-${i}` : `USUAL-${i}` }),
			);
			await Promise.all(events.map((event) => store.add(event)));
			const found: Array<string | null> = [];
			let before: number | undefined;
			do {
				const page = await store.scan({
					...{ contains: 'rare', limit: 2 },
					...(before !== undefined && { before }),
				});
				expect(page.events.length).toBeLessThanOrEqual(2);
				found.push(...page.events.map(({ callId }) => callId));
				before = page.next ?? undefined;
			} while (before !== undefined);
			expect(found).toEqual(
				[8, 7, 6, 5, 4, 3, 2, 1, 0].map((thousand) => `RARE-${thousand * 1_000}`),
			);
			let now = 0;
			const clock = jest.spyOn(performance, 'now').mockImplementation(() => (now += 300));
			try {
				const { events: none, next } = await store.scan({ contains: 'RARE-0', limit: 2 });
				expect([none, next]).toEqual([[], expect.any(Number)]);
			} finally {
				clock.mockRestore();
			}
		});
	});

	describe('leases', () => {
		test('come in order of arrival, and nobody else gets them', async () => {
			const { store } = await open(ONE, TWO);
			const ids = await add(store, 5);
			expect(idsOf(await take(store, { places: 2 }))).toEqual(ids.slice(0, 2));
			expect(idsOf(await take(store))).toEqual(ids.slice(2));
			expect(await take(store)).toEqual([]);
			expect(idsOf(await take(store, {}, TWO))).toEqual(ids);
		});

		test('are each given once to many who ask at once', async () => {
			const { store } = await open(ONE);
			const ids = await add(store, 40);
			const taken = await Promise.all(Array.from({ length: 10 }, () => take(store, { places: 4 })));
			expect(taken.flatMap(idsOf).sort()).toEqual([...ids].sort());
		});

		test('end unless they are renewed', async () => {
			const opened = await open(ONE);
			const { store, database } = opened;
			const ids = await add(store, 2);
			const [one] = await take(store);
			await endLeases(opened);
			await store.renew(ONE.key, [one?.sequence ?? 0]);
			expect(idsOf(await take(store))).toEqual(ids.slice(1));
			const [row] = await database.read<{ left: number }>({
				sql: `SELECT locked_until - ${database.dialect.leaseClock} AS left FROM deliveries WHERE event = $2`,
				values: [database.dialect.now(), one?.sequence ?? 0],
			});
			expect(row?.left).toBeGreaterThan(15_000);
			expect(row?.left).toBeLessThanOrEqual(20_000);
		});

		test('of somebody who was too late change nothing, but a delivery counts', async () => {
			const opened = await open(ONE);
			const { store } = opened;
			await add(store, 1);
			const [late] = await take(store);
			await endLeases(opened);
			const other = name === 'PostgreSQL' ? (await openAt(opened.at, [ONE])).store : store;
			const [job] = await take(other);
			expect(job?.id).toBe(late?.id);
			if (name === 'PostgreSQL' && late) await store.settle(late, { state: 'failed' });
			expect((await countsOf(store))?.failed).toBe(0);
			expect(await take(store)).toEqual([]);
			if (late) await store.settle(late, DELIVERED);
			if (job) await other.settle(job, RETRY_NOW);
			expect(await countsOf(store)).toMatchObject({ delivered: 1, retrying: 0 });
		});

		test('that are released come again, as if they had not been taken', async () => {
			const { store } = await open(ONE);
			await add(store, 1);
			const released = await settle(store, { state: 'released' });
			expect(idsOf(await take(store))).toEqual(released);
		});
	});

	describe('fairness', () => {
		async function withRetries(store: Store, number: number): Promise<string[]> {
			const ids = await add(store, number);
			await settle(store, RETRY_NOW);
			return ids;
		}

		test('while new events wait, retries get their share and no more', async () => {
			const { store } = await open(ONE);
			const retries = await withRetries(store, 4);
			const fresh = await add(store, 4);
			const jobs = await take(store, { places: 4, retries: 2 });
			expect(idsOf(jobs).filter((id) => retries.includes(id))).toHaveLength(2);
			expect(idsOf(jobs).filter((id) => fresh.includes(id))).toEqual(fresh.slice(0, 2));
			expect(jobs.map(({ isRetry }) => isRetry)).toEqual([true, true, false, false]);
		});

		test('retries get every place that no new event wants', async () => {
			const { store } = await open(ONE);
			await withRetries(store, 4);
			await add(store, 1);
			expect(await take(store, { places: 4, retries: 0 })).toHaveLength(4);
			expect(await take(store, { places: 4, retries: 0 })).toHaveLength(1);
		});

		test('what is due later is not taken', async () => {
			const { store } = await open(ONE);
			await add(store, 2);
			await settle(store, { state: 'retrying', pause: 60_000 }, { places: 1 });
			await settle(store, { state: 'deferred', pause: 60_000 });
			expect(await take(store)).toEqual([]);
			expect(await countsOf(store)).toMatchObject({ retrying: 2 });
		});

		test('the oldest or the newest is taken if it is asked for, new or not', async () => {
			const { store } = await open(ONE);
			const retries = await withRetries(store, 2);
			const fresh = await add(store, 2);
			const first = async (order: Demand['order']) =>
				await settle(store, { state: 'released' }, { places: 1, order });
			expect(await first('newest')).toEqual(fresh.slice(-1));
			expect(await first('oldest')).toEqual(retries.slice(0, 1));
		});
	});

	describe('outcomes', () => {
		test('are counted and kept with their last requests', async () => {
			const { store } = await open(ONE);
			const [id = ''] = await add(store, 1);
			for (let i = 1; i <= HISTORY_LENGTH + 2; i++) {
				const [job] = await take(store);
				expect(job).toMatchObject({
					attempts: Math.ceil((i - 1) / 2),
					deferrals: i >> 1 ? (i - 1) >> 1 : 0,
				});
				const attempt = { at: i, answer: `answer ${i}\0\ud800`, milliseconds: i };
				const outcome: Outcome = i % 2 === 1 ? RETRY_NOW : { state: 'deferred', pause: 0 };
				if (job) await store.settle(job, outcome, attempt);
			}
			const [last] = await take(store);
			if (last)
				await store.settle(last, { state: 'failed' }, { at: 103, answer: '500', milliseconds: 1 });
			const found = await store.find(id);
			expect(found?.deliveries).toMatchObject([
				{ state: 'failed', attempts: 52, lastAnswer: '500', dueAt: null },
			]);
			expect(found?.deliveries[0]?.history.map(({ at }) => at)).toEqual(
				Array.from({ length: HISTORY_LENGTH }, (_, i) => i + 4),
			);
		});

		test('tell what the workflow does not select from what it got', async () => {
			const { store } = await open(ONE);
			const [one = '', two = ''] = await add(store, 2);
			for (const job of await take(store)) {
				await store.settle(job, { state: 'delivered', isIgnored: job.id === two });
			}
			const deliveryOf = async (id: string) => (await store.find(id))?.deliveries[0];
			expect(await deliveryOf(one)).toMatchObject({ state: 'delivered', isIgnored: false });
			expect(await deliveryOf(two)).toMatchObject({ state: 'delivered', isIgnored: true });
		});

		test('a body that is damaged is told from one that is not', async () => {
			const { store, database } = await open(ONE);
			await add(store, 2);
			const [one, two] = await take(store);
			await database.write({
				sql: 'UPDATE events SET body = $1 WHERE sequence = $2',
				values: [Buffer.from('{}'), one?.sequence ?? 0],
			});
			expect(one && (await store.body(one))).toBeUndefined();
			expect(two && (await store.body(two))).toBeInstanceOf(Buffer);
		});
	});

	describe('targets', () => {
		test('what comes while there is none goes to the first one', async () => {
			const opened = await open();
			const ids = await add(opened.store, 3);
			expect(await opened.store.overview()).toMatchObject([{ key: '', counts: { waiting: 3 } }]);
			await opened.store.close();
			const { store } = await openAt(opened.at, [TWO, ONE]);
			expect(idsOf(await take(store, {}, TWO))).toEqual(ids);
			expect(await take(store, {}, ONE)).toEqual([]);
			expect((await store.overview()).map(({ key }) => key)).toEqual(['two', 'one']);
		});

		test('one that has left keeps its place and what it has not got, and gets nothing new', async () => {
			const opened = await open(ONE, TWO);
			await add(opened.store, 2);
			await opened.store.close();
			const { store } = await openAt(opened.at, [TWO]);
			await add(store, 1);
			expect(await store.overview()).toMatchObject([
				{ key: 'one', state: 'left', counts: { waiting: 2 } },
				{ key: 'two', state: 'current', counts: { waiting: 3 } },
			]);
			expect(await store.move(ONE.key, TWO.key)).toBe(2);
			expect(await store.overview()).toMatchObject([{ key: 'two', counts: { waiting: 3 } }]);
		});

		test('one that registers gets what waited for the first, then everything; the next only what comes', async () => {
			const { store } = await open();
			const early = await add(store, 3);
			const registered = { ...THREE, state: 'current', isSet: false };
			expect(await store.register(THREE)).toMatchObject(registered);
			expect(idsOf(await take(store, {}, THREE))).toEqual(early);
			await store.register(TWO);
			const late = await add(store, 2);
			expect(idsOf(await take(store, {}, THREE))).toEqual(late);
			expect(idsOf(await take(store, {}, TWO))).toEqual(late);
			expect((await store.overview()).map(({ key }) => key)).toEqual(['three', 'two']);
		});

		test('one that is paused gets nothing, what comes is kept for it, and it resumes under another URL', async () => {
			const { store } = await open();
			await store.register(THREE);
			const [first = ''] = await add(store, 1);
			expect(await store.pause(THREE.key)).toMatchObject({ state: 'paused' });
			const [second = ''] = await add(store, 1);
			expect(await take(store, {}, THREE)).toEqual([]);
			expect(await store.overview()).toMatchObject([{ state: 'paused', counts: { waiting: 2 } }]);
			const moved = { ...THREE, url: 'http://elsewhere.test/' };
			expect(await store.register(moved)).toMatchObject({ ...moved, state: 'current' });
			expect(idsOf(await take(store, {}, THREE))).toEqual([first, second]);
		});

		test('one that was paused for the time of keeping leaves: what it has not got stays, nothing is added', async () => {
			const { store } = await open();
			await store.register(THREE);
			await add(store, 1);
			await store.pause(THREE.key);
			await store.tidy(1_000_000);
			expect(await store.overview()).toMatchObject([{ key: 'three', state: 'paused' }]);
			await store.tidy(-1_000);
			await add(store, 2);
			expect(await store.overview()).toMatchObject([
				{ key: '', state: 'current', counts: { waiting: 2 } },
				{ key: 'three', state: 'left', counts: { waiting: 1 } },
			]);
			await store.register(THREE);
			expect(await take(store, {}, THREE)).toHaveLength(3);
		});

		test('one that is forgotten is gone with what waited for it, and comes back with nothing', async () => {
			const { store } = await open(ONE);
			await store.register(THREE);
			const [id = ''] = await add(store, 3);
			expect(await store.forget(THREE.key)).toBe(3);
			expect((await store.overview()).map(({ key }) => key)).toEqual(['one']);
			expect((await store.find(id))?.deliveries.map(({ state }) => state)).toEqual([
				'waiting',
				'discarded',
			]);
			await add(store, 1);
			await store.register(THREE);
			expect(await take(store, {}, THREE)).toEqual([]);
		});

		test('one that has left and has nothing is removed after a while', async () => {
			const { store, database } = await open(ONE);
			await store.register(THREE);
			await store.forget(THREE.key);
			await store.tidy(1_000_000);
			expect((await store.targets()).map(({ key }) => key)).toEqual(['one', 'three']);
			await database.write({ sql: 'UPDATE targets SET changed_at = 0' });
			await store.tidy(1_000_000);
			expect((await store.targets()).map(({ key }) => key)).toEqual(['one']);
		});

		test('one that is set and registers is one target, at the URL that is set, for as long as it is set', async () => {
			const opened = await open(ONE);
			const registered = { ...ONE, name: 'One', url: 'http://elsewhere.test/' };
			const set = { ...ONE, name: 'One', isSet: true };
			expect(await opened.store.register(registered)).toMatchObject(set);
			expect(await opened.store.pause(ONE.key)).toMatchObject({ state: 'current' });
			await opened.store.close();
			const { store } = await openAt(opened.at, []);
			expect(await store.targets()).toMatchObject([{ key: 'one', state: 'paused', isSet: false }]);
			expect(await store.register(registered)).toMatchObject({ ...registered, state: 'current' });
		});

		test('one that has registered stays when INBOX_FORWARD_TO names it no more', async () => {
			const opened = await open(ONE, TWO);
			await opened.store.register(ONE);
			await opened.store.close();
			const { store } = await openAt(opened.at, []);
			const states = (await store.targets()).map(({ key, state }) => [key, state]);
			expect(states).toEqual([
				['one', 'current'],
				['two', 'left'],
			]);
		});

		test('one that is not there is neither paused nor forgotten', async () => {
			const { store } = await open(ONE);
			expect(await store.pause('nobody')).toBeUndefined();
			await expect(store.forget('nobody')).rejects.toThrow('There is no target nobody.');
			expect(await store.pause('')).toBeUndefined();
		});

		test('the same key with another URL is the same target, moved', async () => {
			const opened = await open(ONE);
			const ids = await add(opened.store, 1);
			await opened.store.close();
			const moved = { ...ONE, url: 'http://elsewhere.test/' };
			const { store } = await openAt(opened.at, [moved]);
			expect(idsOf(await take(store))).toEqual(ids);
			expect(await store.overview()).toMatchObject([moved]);
		});
	});

	describe('by hand', () => {
		test('an event is sent again as if it had never been tried, but not while it is under way', async () => {
			const { store } = await open(ONE, TWO);
			const [id = ''] = await add(store, 1);
			const [job] = await take(store);
			await store.sendAgain(id, ONE.key);
			expect(await take(store)).toEqual([]);
			if (job) await store.settle(job, { state: 'failed' });
			await store.sendAgain(id, ONE.key);
			expect(await take(store)).toMatchObject([{ id, attempts: 0, deferrals: 0, isRetry: false }]);
		});

		test('an event is sent to a target that never had it', async () => {
			const opened = await open(ONE);
			const [id = ''] = await add(opened.store, 1);
			await opened.store.close();
			const { store } = await openAt(opened.at, [ONE, TWO]);
			await store.sendAgain(id, TWO.key);
			expect(await take(store, {}, TWO)).toMatchObject([{ id }]);
			expect(await countsOf(store, TWO)).toMatchObject({ waiting: 1 });
		});

		test('all that failed is sent again, and nothing else', async () => {
			const { store } = await open(ONE);
			await add(store, 3);
			await settle(store, { state: 'failed' }, { places: 2 });
			await settle(store, DELIVERED);
			expect(await store.sendFailedAgain(ONE.key)).toBe(2);
			expect(await countsOf(store)).toMatchObject({ waiting: 2, failed: 0, delivered: 1 });
		});

		test('all that failed is discarded, and nothing else', async () => {
			const { store } = await open(ONE, TWO);
			await add(store, 3);
			const [one, two] = await take(store);
			const [other] = await take(store, {}, TWO);
			for (const job of [one, two, other]) if (job) await store.settle(job, { state: 'failed' });
			expect(await store.discardFailed(ONE.key)).toBe(2);
			expect(await countsOf(store)).toMatchObject({ waiting: 1, failed: 0, discarded: 2 });
			expect(await countsOf(store, TWO)).toMatchObject({ waiting: 2, failed: 1, discarded: 0 });
		});

		test('what is discarded is not sent, one or all', async () => {
			const { store } = await open(ONE);
			const [id = ''] = await add(store, 3);
			expect(await store.discard(ONE.key, id)).toBe(1);
			const [job] = await take(store, { places: 1 });
			expect(await store.discard(ONE.key)).toBe(2);
			if (job) await store.settle(job, RETRY_NOW);
			expect(await take(store)).toEqual([]);
			expect(await countsOf(store)).toMatchObject({ discarded: 3, waiting: 0, retrying: 0 });
		});
	});

	test('what has ended at every target is removed after its time, and counts stay right', async () => {
		const { store, database } = await open(ONE, TWO);
		await add(store, 4);
		const [gone] = await settle(store, DELIVERED, { places: 3 });
		await settle(store, DELIVERED, { places: 1 }, TWO);
		await store.tidy(-1_000);
		const left = await store.search({ limit: 10 });
		expect(left).toHaveLength(3);
		expect(left.map(({ id }) => id)).not.toContain(gone);
		const counted = await database.read<{ key: string; state: string; number: number }>({
			sql: `SELECT t.key, d.state, count(*) AS number FROM deliveries d
				JOIN targets t ON t.number = d.target GROUP BY t.key, d.state`,
		});
		for (const { key, counts } of await store.overview()) {
			for (const state of STATES) {
				const row = counted.find((one) => one.key === key && one.state === state);
				expect([key, state, counts[state]]).toEqual([key, state, row?.number ?? 0]);
			}
		}
	});

	test('a clock that was set back keeps no retry waiting', async () => {
		const { store, database } = await open(ONE);
		await add(store, 1);
		const [job] = await take(store);
		const attempt = { at: Date.now() + 3_600_000, answer: '500', milliseconds: 1 };
		if (job) await store.settle(job, { state: 'retrying', pause: 0 }, attempt);
		await database.write({ sql: 'UPDATE deliveries SET due_at = due_at + 3600000' });
		expect(await take(store)).toEqual([]);
		await store.tidy(1_000_000);
		expect(await take(store)).toHaveLength(1);
	});

	describe('notices', () => {
		test('are told by whoever has the lease, who renews it and notes what was told', async () => {
			const { store, database } = await open();
			expect(await store.takeNotices()).toBe('');
			await store.noteNotices('{"told":1}');
			expect(await store.takeNotices()).toBe('{"told":1}');
			await database.write({ sql: 'UPDATE notices SET locked_by = -1' });
			expect(await store.takeNotices()).toBeUndefined();
			await store.noteNotices('{"told":2}');
			await database.write({ sql: 'UPDATE notices SET locked_until = 0' });
			expect(await store.takeNotices()).toBe('{"told":1}');
		});

		test('outlive a restart, and the lease does not', async () => {
			const { store, at } = await open();
			await store.takeNotices();
			await store.noteNotices('{"told":1}');
			await store.close();
			const again = await openAt(at, []);
			if (name === 'PostgreSQL') {
				// It may have more inboxes: the lease of one that has ended runs out.
				expect(await again.store.takeNotices()).toBeUndefined();
				await again.database.write({ sql: 'UPDATE notices SET locked_until = 0' });
			}
			expect(await again.store.takeNotices()).toBe('{"told":1}');
		});
	});

	test('keeps over a restart what was refused, and tells each of it once', async () => {
		const { store, at } = await open();
		expect(await store.takeRefused()).toEqual([]);
		const refused = [1, 2].map((count) => ({ count, since: 1_800_000_000_000, until: 2e12 }));
		for (const one of refused) await store.noteRefused(one);
		await store.close();
		const again = await openAt(at, []);
		expect(await again.store.takeRefused()).toEqual(refused);
		expect(await again.store.takeRefused()).toEqual([]);
	});

	test('knows its size, and the oldest of each state', async () => {
		const { store } = await open(ONE);
		const { bytes, freeBytes } = await store.size();
		expect(bytes).toBeGreaterThan(10_000);
		expect(freeBytes === null).toBe(name === 'PostgreSQL');
		const [first, second] = newEvents(2);
		for (const one of [first, second]) if (one) await store.add({ ...one, receivedAt: 7_000 });
		const [job] = await take(store, { places: 1 });
		if (job) await store.settle(job, { state: 'retrying', pause: 60_000 });
		const [overview] = await store.overview();
		expect(overview?.oldestAt).toEqual({ waiting: 7_000, retrying: 7_000 });
		expect((await store.size()).bytes).toBeGreaterThanOrEqual(bytes);
	});
});
