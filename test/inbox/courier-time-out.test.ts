import { setTimeout as sleep } from 'node:timers/promises';

import { Courier } from '../../inbox/src/courier';
import type { Metrics } from '../../inbox/src/metrics';
import type { Consignment, Outcome, Store } from '../../inbox/src/store/store';
import { poll } from '../../harness/wait';
import { Target } from './support/target';

/* A workflow that runs for minutes before it answers. The clock alone is not real, nor is the store, which holds one event. */

/** The courier asks the target so often while a request is under way. */
const CHECKED_EVERY = 20_000;

let target: Target;
let courier: Courier;
let outcomes: Outcome[];
/** Ends the requests that wait. */
let answers: Array<() => void>;

beforeEach(async () => {
	target = await Target.start();
	answers = [];
	target.behave = (_got, response) => answers.push(() => response.end());
	jest.useFakeTimers({
		doNotFake: [
			...(['Date', 'nextTick', 'queueMicrotask', 'setImmediate', 'clearImmediate'] as const),
			...(['setTimeout', 'clearTimeout', 'hrtime'] as const),
		],
	});
	outcomes = [];
	const waiting: Consignment[] = [
		{
			...{ sequence: 1, target: target.url, id: 'slow', receivedAt: 0, attempts: 0 },
			...{ body: Buffer.from('{"data":{"voicelog_id":"slow"}}'), contentType: null, signature: '' },
		},
	];
	const store: Pick<Store, 'take' | 'settle'> = {
		take: () => Promise.resolve(waiting.splice(0, 1)),
		settle: (_, outcome) => Promise.resolve(void outcomes.push(outcome)),
	};
	const metrics: Pick<Metrics, 'delivered'> = { delivered: () => {} };
	courier = new Courier({
		...{ store: store as Store, metrics: metrics as Metrics },
		...{ target: target.url, concurrency: 1, retryPauses: [] },
	});
	await poll('the event at the target', 10_000, () => target.posts.length === 1);
});

afterEach(async () => {
	jest.useRealTimers();
	await courier.stop(0);
	await target.close();
});

/** Lets seconds pass, and each question of the courier be answered. */
async function pass(seconds: number): Promise<void> {
	for (let passed = 0; passed < seconds * 1000; passed += CHECKED_EVERY) {
		const asked = target.asked.length;
		jest.advanceTimersByTime(CHECKED_EVERY);
		await poll('a question', 10_000, () => target.asked.length > asked);
	}
	await sleep(100);
}

test('an event that gets no answer for five minutes, though its target is ready, lets others go first', async () => {
	await pass(280);
	expect(outcomes).toEqual([]);
	await pass(20);
	await poll('the outcome', 10_000, () => outcomes.length > 0);
	expect(outcomes).toEqual([{ state: 'deferred', answer: 'no answer in time', pause: 10_000 }]);
});

test('an answer after four minutes is an answer', async () => {
	await pass(240);
	expect(outcomes).toEqual([]);
	for (const answer of answers) answer();
	await poll('the outcome', 10_000, () => outcomes.length > 0);
	expect(outcomes).toEqual([{ state: 'delivered', answer: '200' }]);
});
