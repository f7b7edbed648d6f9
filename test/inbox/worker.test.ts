import { Budget } from '../../inbox/src/delivery/budget';
import type { Readiness, Reply } from '../../inbox/src/delivery/policy';
import type { Message, TargetClient } from '../../inbox/src/delivery/target-client';
import { Worker, type WorkerOptions } from '../../inbox/src/delivery/worker';
import type { State, Target } from '../../inbox/src/store/store';
import { addTo, answered, HOUR, MINUTE, OK, pass, until, useClock } from './support/clock';
import { closeStores, newEvent, newPlace, openAt, type OpenedStore } from './support/open-store';

/* How events reach a target: on a real SQLite store, with a target that is a function and a clock that the test moves. */

const TARGET: Target = { key: 'one', url: 'http://one.test/webhook/one/koeiq', name: '' };
const OLD_SECRET = answered(401, '{"error":"Invalid signature"}');

/** A trigger, as a worker sees it. */
class FakeTarget implements TargetClient {
	/** In order of arrival, by delivery id. */
	readonly posts: Array<{ id: string; at: number }> = [];
	readonly probes: number[] = [];
	isReady = true;
	underWay = 0;
	mostUnderWay = 0;
	answer: (id: string, signal: AbortSignal) => Reply | Promise<Reply> = () => OK;

	async post({ signature }: Message, signal: AbortSignal, onSent?: () => void): Promise<Reply> {
		this.posts.push({ id: signature, at: Date.now() });
		this.underWay += 1;
		this.mostUnderWay = Math.max(this.mostUnderWay, this.underWay);
		try {
			return await this.answer(signature, signal);
		} finally {
			onSent?.();
			this.underWay -= 1;
		}
	}

	async probe(): Promise<Readiness> {
		this.probes.push(Date.now());
		return { isReady: this.isReady };
	}

	/** Answers after a time, or when the request is given up. */
	later(milliseconds: number, reply: Reply = OK) {
		return async (_id: string, signal: AbortSignal): Promise<Reply> =>
			await new Promise((resolve) => {
				const timer = setTimeout(() => {
					resolve(reply);
				}, milliseconds);
				signal.addEventListener('abort', () => {
					clearTimeout(timer);
					resolve({ kind: 'broken', reason: (signal.reason as Error).message });
				});
			});
	}
}

let opened: OpenedStore;
let target: FakeTarget;
let worker: Worker | undefined;

beforeEach(async () => {
	useClock();
	opened = await openAt(await newPlace('SQLite'), [TARGET]);
	target = new FakeTarget();
});

afterEach(async () => {
	const stopping = worker?.stop(0);
	await pass(1_000);
	await stopping;
	worker = undefined;
	await closeStores();
	jest.useRealTimers();
});

function start(options: Partial<WorkerOptions> = {}): void {
	worker = new Worker({
		...{ store: opened.store, target: TARGET, client: target, budget: new Budget(2 ** 26) },
		...{ concurrency: 4, retryPauses: [5_000, 30_000], answerTimeout: 900_000 },
		...options,
	});
}

async function add(events: Parameters<typeof addTo>[1]): Promise<string[]> {
	const ids = await addTo(opened, events);
	worker?.wake();
	return ids;
}

async function deliveryOf(id: string) {
	return (await opened.store.find(id))?.deliveries[0];
}

async function number(state: State): Promise<number> {
	const [overview] = await opened.store.overview();
	return overview?.counts[state] ?? NaN;
}

describe('a target', () => {
	test('gets nothing before it says that it is ready, however well it answers', async () => {
		target.isReady = false;
		await add(3);
		start();
		await pass(MINUTE);
		expect(target.posts).toEqual([]);
		expect(await number('waiting')).toBe(3);
		target.isReady = true;
		await until(async () => (await number('delivered')) === 3, MINUTE);
	});

	test('that is away is asked by GET after half a second, then ever later, up to 30 s; nothing is lost', async () => {
		target.isReady = false;
		target.answer = () => ({ kind: 'unreachable', reason: 'connect ECONNREFUSED' });
		await add(2);
		start();
		await pass(5_000, 25);
		await pass(5 * MINUTE);
		const pauses = target.probes.slice(1).map((at, i) => at - (target.probes[i] ?? 0));
		expect(pauses.slice(0, 3)).toEqual([500, 750, 1_125]);
		expect(pauses.at(-1)).toBe(30_000);
		target.isReady = true;
		target.answer = () => OK;
		expect(await until(async () => (await number('delivered')) === 2)).toBeLessThan(31);
	});

	test('gets one event first after it was away, then as many as it may', async () => {
		target.answer = target.later(1_000);
		await add(20);
		start();
		await until(() => target.posts.length === 1);
		await pass(900);
		expect(target.underWay).toBe(1);
		await until(() => target.posts.length === 20);
		expect(target.mostUnderWay).toBe(4);
	});

	test('whose signature check refuses everything for an hour has lost nothing once it is mended', async () => {
		target.answer = () => OLD_SECRET;
		await add(30);
		start();
		await pass(HOUR, 500);
		const askedPerMinute = target.posts.length / 60;
		expect(askedPerMinute).toBeLessThan(5);
		expect(await number('failed')).toBe(0);
		target.answer = () => OK;
		expect(await until(async () => (await number('delivered')) === 30)).toBeLessThan(120);
		expect(await number('failed')).toBe(0);
	});

	test('that hangs is given up after its GET said nothing twice, and the event comes again', async () => {
		target.answer = target.later(2 * HOUR);
		const [id = ''] = await add(1);
		start();
		await until(() => target.posts.length === 1);
		target.isReady = false;
		await pass(45_000);
		expect(target.underWay).toBe(0);
		target.isReady = true;
		target.answer = () => OK;
		await until(async () => (await number('delivered')) === 1);
		expect(await deliveryOf(id)).toMatchObject({ attempts: 0 });
	});
});

describe('one event', () => {
	test.each<[string, Reply, State]>([
		['401', OLD_SECRET, 'retrying'],
		['a break', { kind: 'broken', reason: 'other side closed' }, 'retrying'],
		['500', answered(500), 'retrying'],
	])(
		'that its target answers %s holds up none of 20 others, and fails in the end',
		async (_name, reply, state) => {
			const [bad = ''] = await add(1);
			target.answer = (id) => (id === bad ? reply : OK);
			start();
			await add(20);
			const seconds = await until(async () => (await number('delivered')) === 20, MINUTE);
			expect(seconds).toBeLessThan(2);
			expect(await number(state)).toBe(1);
			await until(async () => (await number('failed')) === 1, 10 * MINUTE, 500);
			expect((await deliveryOf(bad))?.attempts).toBe(3);
			await pass(5 * MINUTE, 500);
			expect(await number('failed')).toBe(1);
		},
	);

	test('at which its target falls over each time lets the others pass, and is never given up', async () => {
		const [bad = ''] = await add(1);
		target.answer = (id) => {
			if (id !== bad) return OK;
			target.isReady = false;
			setTimeout(() => {
				target.isReady = true;
			}, 10_000);
			return { kind: 'broken', reason: 'other side closed' };
		};
		start();
		await add(50);
		expect(await until(async () => (await number('delivered')) === 50, HOUR)).toBeLessThan(300);
		await pass(10 * MINUTE, 500);
		expect(await number('retrying')).toBe(1);
		target.answer = () => OK;
		await until(async () => (await number('delivered')) === 51, 2 * HOUR, 500);
	});

	test('that runs for ten minutes holds up no other and is delivered once', async () => {
		const [slow = ''] = await add(1);
		const later = target.later(10 * MINUTE);
		target.answer = async (id, signal) => (id === slow ? await later(id, signal) : OK);
		start({ concurrency: 2 });
		await until(() => target.posts.length === 1);
		target.answer = () => OK;
		await pass(11 * MINUTE, 1_000);
		expect(await deliveryOf(slow)).toMatchObject({ state: 'delivered', attempts: 0 });
		expect(target.posts).toHaveLength(1);
	});

	test('that gets no answer in its time, though its target lives, is refused and fails in the end', async () => {
		const [slow = ''] = await add(1);
		target.answer = target.later(24 * HOUR);
		start({ answerTimeout: 2 * MINUTE, retryPauses: [1_000] });
		await pass(5 * MINUTE, 1_000);
		expect(await deliveryOf(slow)).toMatchObject({ state: 'failed', attempts: 2 });
		expect((await deliveryOf(slow))?.lastAnswer).toBe('no answer in 120 s');
	});

	test('of which the stored bytes are damaged fails, named in its history, and others pass', async () => {
		const [bad = ''] = await add(1);
		await opened.database.write({
			sql: 'UPDATE events SET body = $1',
			values: [Buffer.from('{}')],
		});
		await add(3);
		start();
		await until(async () => (await number('delivered')) === 3, MINUTE);
		expect(await deliveryOf(bad)).toMatchObject({
			state: 'failed',
			lastAnswer: 'The event is damaged in the store',
		});
	});
});

describe('fairness', () => {
	test('100 events of an old secret, then 20 new: the new ones arrive in time, and none of the old is lost', async () => {
		const old = new Set(await add(100));
		target.answer = (id) => (old.has(id) ? OLD_SECRET : OK);
		start();
		await pass(10_000);
		await add(20);
		const seconds = await until(async () => (await number('delivered')) === 20, 10 * MINUTE);
		expect(seconds).toBeLessThan(60);
		expect((await number('waiting')) + (await number('retrying')) + (await number('failed'))).toBe(
			100,
		);
	});

	test('a new event waits seconds, not minutes, for a target that has rejected only old ones', async () => {
		const old = new Set(await add(6));
		target.answer = (id) => (old.has(id) ? OLD_SECRET : OK);
		start();
		await pass(10 * MINUTE, 500);
		for (let i = 1; i <= 3; i++) {
			await add(1);
			expect(await until(async () => (await number('delivered')) === i, MINUTE)).toBeLessThan(3);
			await pass(5 * MINUTE, 500);
		}
	});

	test('retries that are slow hold at most half of the places while new events wait', async () => {
		const slow = new Set(await add(4));
		target.answer = () => answered(500);
		start({ retryPauses: [1_000, 1_000] });
		await until(async () => (await number('retrying')) === 4);
		const hanging = target.later(10 * MINUTE);
		const busy = target.later(200);
		target.answer = async (id, signal) => await (slow.has(id) ? hanging : busy)(id, signal);
		await add(100);
		await pass(5_000);
		const retried = target.posts.slice(4).filter(({ id }) => slow.has(id));
		expect(retried).toHaveLength(2);
		expect(await number('delivered')).toBeGreaterThan(30);
	});

	test('with one place, retries and new events take turns', async () => {
		const bad = new Set(await add(3));
		target.answer = (id) => (bad.has(id) ? answered(500) : OK);
		start({ concurrency: 1, retryPauses: Array.from({ length: 100 }, () => 0) });
		await until(async () => (await number('retrying')) === 3);
		const before = target.posts.length;
		await add(10);
		await until(async () => (await number('delivered')) === 10, MINUTE);
		const between = target.posts.slice(before).filter(({ id }) => bad.has(id));
		expect(between.length).toBeGreaterThanOrEqual(5);
		expect(target.mostUnderWay).toBe(1);
	});

	test('large bodies share the budget, and each arrives', async () => {
		const events = Array.from({ length: 6 }, (_, n) =>
			newEvent({ body: Buffer.alloc(400_000, n) }),
		);
		await add(events);
		const sending: number[] = [];
		let bytes = 0;
		const post = target.post.bind(target);
		target.post = async (message, signal, onSent) => {
			bytes += message.body.length;
			sending.push(bytes);
			return await post(message, signal, () => {
				bytes -= message.body.length;
				onSent?.();
			});
		};
		target.answer = target.later(100);
		start({ budget: new Budget(1_000_000) });
		await until(async () => (await number('delivered')) === 6, MINUTE);
		expect(Math.max(...sending)).toBe(800_000);
	});
});

describe('the store', () => {
	test('away for minutes while a request is under way: the event is not sent twice', async () => {
		const { store } = opened;
		let isAway = false;
		const unlessAway = async <Result>(work: () => Promise<Result>): Promise<Result> => {
			if (isAway) throw new Error('the store is away');
			return await work();
		};
		const flaky: WorkerOptions['store'] = {
			body: async (job) => await store.body(job),
			take: async (key, demand) => await unlessAway(() => store.take(key, demand)),
			renew: async (key, sequences) => {
				await unlessAway(() => store.renew(key, sequences));
			},
			settle: async (...args) => {
				await unlessAway(() => store.settle(...args));
			},
		};
		target.answer = target.later(3 * MINUTE);
		await add(1);
		start({ store: flaky });
		await until(() => target.posts.length === 1);
		isAway = true;
		await pass(2 * MINUTE, 500);
		isAway = false;
		await pass(30_000);
		isAway = true;
		await pass(2 * MINUTE, 500);
		isAway = false;
		await until(async () => (await number('delivered')) === 1, MINUTE);
		expect(target.posts).toHaveLength(1);
	});

	test('has leases renewed for as long as a request is under way', async () => {
		target.answer = target.later(5 * MINUTE);
		await add(1);
		start();
		await until(() => target.posts.length === 1);
		for (let i = 0; i < 4; i++) {
			await pass(MINUTE, 500);
			expect(await opened.store.take(TARGET.key, { places: 9, retries: 9 })).toEqual([]);
		}
	});
});

describe('told to stop', () => {
	test('it takes nothing new, and waits for what is under way', async () => {
		target.answer = target.later(5_000);
		await add(8);
		start();
		await until(() => target.underWay === 1);
		await until(() => target.underWay === 4);
		const stopped = worker?.stop(20_000);
		await pass(6_000);
		await stopped;
		expect(target.posts).toHaveLength(5);
		expect(await number('delivered')).toBe(5);
	});

	test('it gives back what is not answered in time, with no attempt lost', async () => {
		target.answer = target.later(HOUR);
		const [id = ''] = await add(1);
		start();
		await until(() => target.underWay === 1);
		const stopped = worker?.stop(20_000);
		await pass(21_000);
		await stopped;
		expect(await deliveryOf(id)).toMatchObject({ state: 'waiting', attempts: 0 });
		expect(await opened.store.take(TARGET.key, { places: 9, retries: 9 })).toHaveLength(1);
	});
});
