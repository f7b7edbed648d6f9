import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';

import { Bodies, BODY_LIMITS, type BodyLimits } from '../../inbox/src/bodies';

/* The memory that bodies share. A request is a stream here, and the clock is moved by hand. */

const LIMITS: BodyLimits = { body: 1_000, total: 2_000, idle: 5_000, whole: 60_000 };

let now = 0;

beforeEach(() => {
	jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate', 'queueMicrotask', 'performance'] });
	jest.spyOn(performance, 'now').mockImplementation(() => now);
});

afterEach(() => {
	jest.useRealTimers();
	jest.restoreAllMocks();
});

function requestOf(length: number | 'chunked'): IncomingMessage {
	const request = new IncomingMessage(new Socket());
	if (length === 'chunked') request.headers['transfer-encoding'] = 'chunked';
	else request.headers['content-length'] = String(length);
	return request;
}

/** Once everything that was pushed has been read. */
async function settled(): Promise<void> {
	await new Promise((resolve) => setImmediate(resolve));
}

/** A request whose body is being read; `outcome` says what has become of it. */
async function reading(bodies: Bodies, length: number | 'chunked', ...chunks: string[]) {
	const request = requestOf(length);
	const result = bodies.read(request);
	let outcome = 'arriving';
	void result.then((ended) => {
		outcome = ended.outcome === 'refused' ? ended.code : 'whole';
	});
	const push = async (chunk: string | Buffer | null) => {
		request.push(chunk);
		await settled();
	};
	for (const chunk of chunks) await push(chunk);
	await settled();
	return { request, result, push, outcome: () => outcome };
}

test.each<[string, number | 'chunked', string[], string]>([
	['no body', 0, [], ''],
	['one chunk', 3, ['abc'], 'abc'],
	['some chunks', 5, ['ab', 'c', 'de'], 'abcde'],
	['chunks of an unknown length', 'chunked', ['ab', 'c', 'de'], 'abcde'],
	['an unknown length that is none', 'chunked', [], ''],
])('reads %s', async (_name, length, chunks, text) => {
	const { push, result } = await reading(new Bodies(LIMITS), length, ...chunks);
	await push(null);
	const body = await result;
	expect(body.outcome === 'whole' && body.bytes.toString()).toBe(text);
});

test.each<[string, number | 'chunked', string[], string]>([
	['longer than a body may be', 1_001, [], 'tooLarge'],
	['that gets longer than a body may be', 'chunked', ['x'.repeat(1_000), 'y'], 'tooLarge'],
	['shorter than declared', 5, ['ab'], 'unreadable'],
	['longer than declared', 2, ['abc'], 'tooLarge'],
])('refuses a body %s, and holds nothing of it', async (_name, length, chunks, code) => {
	const bodies = new Bodies(LIMITS);
	const { push, outcome } = await reading(bodies, length, ...chunks);
	if (outcome() === 'arriving') await push(null);
	expect(outcome()).toBe(code);
	for (let count = 0; count < 2; count++) {
		expect((await reading(bodies, 1_000)).outcome()).toBe('arriving');
	}
});

test('has no place for one more body, until one of them is released', async () => {
	const bodies = new Bodies(LIMITS);
	const [first, second] = [await reading(bodies, 1_000), await reading(bodies, 1_000)];
	expect((await reading(bodies, 1)).outcome()).toBe('tooMany');
	await first.push('x'.repeat(1_000));
	await first.push(null);
	expect(first.outcome()).toBe('whole');
	expect((await reading(bodies, 1)).outcome()).toBe('tooMany');
	const body = await first.result;
	if (body.outcome === 'whole') body.release();
	expect((await reading(bodies, 1_000)).outcome()).toBe('arriving');
	expect(second.outcome()).toBe('arriving');
});

test('counts chunks as they come', async () => {
	const bodies = new Bodies(LIMITS);
	const first = await reading(bodies, 'chunked', 'x'.repeat(600));
	const second = await reading(bodies, 'chunked', 'x'.repeat(600));
	const third = await reading(bodies, 'chunked', 'x'.repeat(600));
	await third.push('x'.repeat(201));
	expect([first, second, third].map(({ outcome }) => outcome())).toEqual([
		'arriving',
		'arriving',
		'tooMany',
	]);
	await first.push('x'.repeat(400));
	expect(first.outcome()).toBe('arriving');
});

test('a body of which nothing came for 5 s gives its place to another, the longest first', async () => {
	const bodies = new Bodies(LIMITS);
	const first = await reading(bodies, 1_000);
	const second = await reading(bodies, 1_000);
	now += 2_000;
	await first.push('x'.repeat(900));
	now += 3_000;
	const third = await reading(bodies, 1_000);
	expect([first, second, third].map(({ outcome }) => outcome())).toEqual([
		'arriving',
		'timedOut',
		'arriving',
	]);
	now += 1_999;
	expect((await reading(bodies, 1)).outcome()).toBe('tooMany');
	now += 1;
	expect((await reading(bodies, 1)).outcome()).toBe('arriving');
	expect(first.outcome()).toBe('timedOut');
});

test('a body that comes too slowly to be whole in time gives its place too', async () => {
	const bodies = new Bodies(LIMITS);
	const [dripping, steady] = [await reading(bodies, 1_000), await reading(bodies, 1_000)];
	for (let second = 0; second < 20; second += 4) {
		await dripping.push('x');
		await steady.push('x'.repeat(80));
		now += 4_000;
	}
	expect((await reading(bodies, 1_000)).outcome()).toBe('arriving');
	expect([dripping.outcome(), steady.outcome()]).toEqual(['timedOut', 'arriving']);
});

test('a stalled body keeps its place while there is room', async () => {
	const bodies = new Bodies(LIMITS);
	const stalled = await reading(bodies, 1_000);
	now += 59_000;
	await reading(bodies, 1_000);
	expect(stalled.outcome()).toBe('arriving');
});

test('gives a body up that is not whole after 60 s', async () => {
	const slow = await reading(new Bodies(LIMITS), 1_000, 'x');
	jest.advanceTimersByTime(59_999);
	await settled();
	expect(slow.outcome()).toBe('arriving');
	jest.advanceTimersByTime(1);
	await settled();
	expect(slow.outcome()).toBe('timedOut');
});

test('releases what breaks off', async () => {
	const bodies = new Bodies(LIMITS);
	const [first, second] = [await reading(bodies, 1_000), await reading(bodies, 1_000)];
	first.request.destroy();
	second.request.destroy(new Error('reset'));
	await settled();
	expect([first.outcome(), second.outcome()]).toEqual(['unreadable', 'unreadable']);
	await reading(bodies, 1_000);
	expect((await reading(bodies, 1_000)).outcome()).toBe('arriving');
});

test('takes 64 MB at most, whoever sends: 100 requests with 15 of 16 MB each', async () => {
	const before = process.memoryUsage().arrayBuffers;
	const megabytes = Buffer.alloc(5 * 1024 * 1024);
	const bodies = new Bodies();
	const outcomes: string[] = [];
	for (let count = 0; count < 100; count++) {
		const { outcome, push } = await reading(bodies, BODY_LIMITS.body);
		for (let part = 0; part < 3 && outcome() === 'arriving'; part++) await push(megabytes);
		outcomes.push(outcome());
	}
	expect(outcomes.filter((outcome) => outcome === 'arriving')).toHaveLength(4);
	expect(outcomes.filter((outcome) => outcome === 'tooMany')).toHaveLength(96);
	const taken = process.memoryUsage().arrayBuffers - before - megabytes.length;
	expect(taken).toBeLessThan(BODY_LIMITS.total + 8 * 1024 * 1024);
});
