import { Budget } from '../../inbox/src/delivery/budget';
import { Listeners } from '../../inbox/src/delivery/listeners';
import type { Readiness, Reply } from '../../inbox/src/delivery/policy';
import { Sends } from '../../inbox/src/delivery/sends';
import type { Message, TargetClient } from '../../inbox/src/delivery/target-client';
import { Workers } from '../../inbox/src/delivery/workers';
import { createMetrics, type Metrics } from '../../inbox/src/metrics';
import { addTo, answered, MINUTE, OK, pass, until, useClock } from './support/clock';
import { closeStores, newEvent, newPlace, openAt, type OpenedStore } from './support/open-store';

/* Who gets events while targets come, move, pause and go; on a real SQLite store, with a clock that the test moves. */

const TARGET = { key: 'one', url: 'http://one.test/', name: 'One' };
const MOVED = { ...TARGET, url: 'http://moved.test/' };
const TEST_URL = 'http://n8n.test/webhook-test/one/koeiq';
const IGNORED = answered(200, '{"received":true,"ignored":true}');

/** Every URL is a trigger; what it got is noted. */
class FakeNet {
	readonly posts: Array<{ url: string; id: string }> = [];
	isReady = true;
	answer: (id: string, signal: AbortSignal) => Reply | Promise<Reply> = () => OK;

	readonly createClient = (url: string): TargetClient => ({
		post: async ({ signature }: Message, signal) => {
			this.posts.push({ url, id: signature });
			return await this.answer(signature, signal);
		},
		probe: async (): Promise<Readiness> => ({ isReady: this.isReady }),
	});

	idsAt(url: string): string[] {
		return this.posts.filter((one) => one.url === url).map(({ id }) => id);
	}
}

let opened: OpenedStore;
let net: FakeNet;
let workers: Workers;
let started: string[];
let metrics: Metrics;

beforeEach(async () => {
	useClock();
	opened = await openAt(await newPlace('SQLite'), []);
	net = new FakeNet();
	started = [];
	metrics = createMetrics({
		...{ store: opened.store, reasons: [] },
		targetsUp: () => workers.up(),
	});
	workers = new Workers({
		...{ store: opened.store, createClient: net.createClient, budget: new Budget(2 ** 26) },
		...{ concurrency: 4, retryPauses: [5_000], answerTimeout: 900_000 },
		onStarted: (url) => {
			started.push(url);
			metrics.started(url);
		},
		onAttempt: (url, outcome) => {
			metrics.attempted(url, outcome);
		},
	});
});

afterEach(async () => {
	const stopping = workers.stop(0);
	await pass(1_000);
	await stopping;
	await closeStores();
	jest.useRealTimers();
});

const add = async (number: number) => await addTo(opened, number);

describe('a target', () => {
	test('that registers, also at another inbox, gets its events within a second', async () => {
		workers.start();
		await pass(500);
		await opened.store.register(TARGET);
		const ids = await add(2);
		await pass(1_500);
		expect(net.idsAt(TARGET.url)).toEqual(ids);
		expect(started).toEqual([TARGET.url]);
		expect(workers.status('one')).toMatchObject({ state: 'accepting' });
	});

	test('that was away for long gets its events at once when it registers again', async () => {
		await opened.store.register(TARGET);
		net.isReady = false;
		const ids = await add(2);
		workers.start();
		await pass(5 * MINUTE);
		workers.registered('one');
		// n8n knows the URL after it has registered.
		await pass(1_000);
		net.isReady = true;
		await pass(1_500);
		expect(net.idsAt(TARGET.url)).toEqual(ids);
	});

	test('that is paused gets nothing more, and what is under way ends by itself', async () => {
		await opened.store.register(TARGET);
		let finish: (reply: Reply) => void = () => {};
		net.answer = async () => await new Promise((resolve) => (finish = resolve));
		const [first = '', ...more] = await add(3);
		workers.start();
		await until(() => net.posts.length === 1);
		await opened.store.pause('one');
		await workers.reconcile();
		finish(OK);
		await pass(30_000);
		expect(net.idsAt(TARGET.url)).toEqual([first]);
		expect((await opened.store.find(first))?.deliveries).toMatchObject([{ state: 'delivered' }]);
		expect(workers.status('one')).toBeUndefined();
		net.answer = () => OK;
		await opened.store.register(TARGET);
		await workers.reconcile();
		await until(() => net.posts.length === 3);
		expect(net.idsAt(TARGET.url)).toEqual([first, ...more]);
	});

	test('that moves gets what waits and what comes at its new URL, each once', async () => {
		await opened.store.register(TARGET);
		net.isReady = false;
		const waiting = await add(3);
		workers.start();
		await pass(5_000);
		expect(workers.status('one')).toMatchObject({ state: 'unavailable', answer: null });
		await opened.store.register(MOVED);
		net.isReady = true;
		await workers.reconcile();
		const late = await add(1);
		await until(() => net.posts.length === 4);
		await pass(5_000);
		expect(net.idsAt(TARGET.url)).toEqual([]);
		expect(net.idsAt(MOVED.url).sort()).toEqual([...waiting, ...late].sort());
	});

	test('that refuses an event says so from the first one on, until it takes one', async () => {
		await opened.store.register(TARGET);
		net.answer = () => answered(500, 'Error in workflow');
		await add(1);
		workers.start();
		await until(() => net.posts.length === 1);
		await pass(200);
		const since = expect.any(Number) as unknown;
		const refusal = { since, answer: '500 Error in workflow' };
		expect(workers.status('one')).toEqual({ state: 'accepting', since, refusal });
		net.answer = () => OK;
		await until(() => net.posts.length === 2);
		await pass(200);
		const status = workers.status('one');
		expect(status).toEqual({ state: 'accepting', since, recoveredAt: since });
		if (status?.state !== 'accepting') throw new Error('It accepts.');
		expect(status.recoveredAt).toBeGreaterThan(status.since);
	});

	test('that ends while no event comes is seen by who looks, and so is its return', async () => {
		await opened.store.register(TARGET);
		workers.start();
		await pass(1_000);
		const look = async () => {
			const looking = workers.look(500);
			await pass(600);
			await looking;
			return workers.status('one');
		};
		expect(await look()).toMatchObject({ state: 'accepting' });
		net.isReady = false;
		await pass(3_000);
		expect(await look()).toMatchObject({ state: 'unavailable', nextAt: null });
		net.isReady = true;
		await pass(3_000);
		const recoveredAt = expect.any(Number) as unknown;
		expect(await look()).toMatchObject({ state: 'accepting', recoveredAt });
		net.isReady = false;
		await pass(3_000);
		await look();
		// Delivery goes by what the target answers.
		await add(1);
		await until(() => net.posts.length === 1);
		await pass(200);
		expect(workers.status('one')).toMatchObject({ state: 'accepting' });
	});

	test('that refuses every signature says so', async () => {
		await opened.store.register(TARGET);
		net.answer = () => answered(401, '{"error":"Invalid signature"}');
		await add(20);
		workers.start();
		await pass(30_000);
		expect(workers.status('one')).toMatchObject({
			state: 'rejecting',
			answer: '401 {"error":"Invalid signature"}',
		});
	});
});

test('metrics have a target from 0 as soon as it is registered, by its URL', async () => {
	workers.start();
	await opened.store.register(TARGET);
	await opened.store.register({ ...TARGET, key: 'two' });
	await workers.reconcile();
	await opened.store.pause('one');
	await opened.store.pause('two');
	await add(2);
	const { text } = await metrics.read();
	expect(text).toContain(`koeiq_inbox_delivered_total{target="${TARGET.url}"} 0`);
	// Two with one URL are counted together.
	expect(text).toContain(`koeiq_inbox_pending{target="${TARGET.url}"} 4`);
	expect(text).not.toContain('target=""');
});

test('what is to be sent again is done in the background, also what another had begun', async () => {
	await opened.store.register(TARGET);
	workers.start();
	const ids = await add(3);
	await until(() => net.posts.length === 3);
	expect(await opened.store.sendAll({ state: 'delivered' })).toBe(3);
	const sends = new Sends(opened.store, () => {
		workers.wake();
	});
	sends.start();
	await until(() => net.posts.length === 6);
	expect(net.idsAt(TARGET.url)).toEqual([...ids, ...ids]);
	await sends.stop();
});

describe('a listener', () => {
	let listeners: Listeners;
	const never = new AbortController().signal;

	beforeEach(() => {
		listeners = new Listeners({ store: opened.store, createClient: net.createClient });
	});

	afterEach(() => {
		listeners.stop();
	});

	const listen = async (replay: 'latest' | 'none', signal = never) =>
		await listeners.start('one', { url: TEST_URL, replay, milliseconds: 120_000 }, signal);

	test('gets the latest event that its workflow selects, and no more', async () => {
		const ids = await add(5);
		net.answer = (id) => (id === ids[2] ? OK : IGNORED);
		expect(await listen('latest')).toBe(ids[2]);
		expect(net.idsAt(TEST_URL)).toEqual([ids[4], ids[3], ids[2]]);
		await add(1);
		listeners.wake();
		await pass(5_000);
		expect(net.posts).toHaveLength(3);
		expect(listeners.end('one')).toBe(false);
	});

	test('tries at most 200 stored ones, then waits for the next', async () => {
		await add(230);
		net.answer = () => IGNORED;
		expect(await listen('latest')).toBeNull();
		expect(net.posts).toHaveLength(200);
		net.answer = () => OK;
		const [next] = await add(1);
		listeners.wake();
		await pass(100);
		expect(net.idsAt(TEST_URL).slice(200)).toEqual([next]);
	});

	test('waits for the next one if it is told so, past what is not selected, and ends with the first that is', async () => {
		await add(3);
		expect(await listen('none')).toBeNull();
		await pass(3_000);
		expect(net.posts).toEqual([]);
		const [one = '', two = ''] = await add(3);
		net.answer = (id) => (id === one ? IGNORED : OK);
		// Nobody wakes it: another inbox has stored them.
		await pass(1_200);
		expect(net.idsAt(TEST_URL)).toEqual([one, two]);
	});

	const OTHER = { url: 'http://other.test/', replay: 'none', milliseconds: 1 } as const;
	const replace = async () => {
		await listeners.start('one', OTHER, never);
	};

	test.each<[string, () => void | Promise<void>]>([
		['its time is over', async () => pass(121_000, 1_000)],
		['it is deleted', () => void listeners.end('one')],
		['another takes its place', replace],
	])('gets nothing more once %s', async (_name, end) => {
		await listen('none');
		await end();
		await add(1);
		listeners.wake();
		await pass(2_000);
		expect(net.idsAt(TEST_URL)).toEqual([]);
	});

	test.each<[string, Reply, number]>([
		['nobody listens at its URL', answered(404), 1],
		['its URL cannot be reached', { kind: 'unreachable', reason: 'ECONNREFUSED' }, 1],
		['an old secret signed the latest', answered(401), 4],
	])('if %s, it tries no more than makes sense', async (_name, reply, tries) => {
		await add(4);
		net.answer = () => reply;
		expect(await listen('latest')).toBeNull();
		expect(net.posts).toHaveLength(tries);
	});

	test('ends if whoever asked is gone before the answer', async () => {
		await add(5);
		const gone = new AbortController();
		net.answer = async (_id, signal) => {
			gone.abort();
			expect(signal.aborted).toBe(true);
			return IGNORED;
		};
		expect(await listen('latest', gone.signal)).toBeNull();
		expect(net.posts).toHaveLength(1);
		expect(listeners.end('one')).toBe(false);
	});

	test('gets what was stored while it was given what is older', async () => {
		await add(2);
		net.answer = async () => {
			if (net.posts.length === 1) await opened.store.add(newEvent());
			return net.posts.length === 3 ? OK : IGNORED;
		};
		expect(await listen('latest')).toBeNull();
		await pass(100);
		expect(net.posts).toHaveLength(3);
	});
});
