import { setTimeout as sleep } from 'node:timers/promises';

import { startInbox, type Inbox } from '../../harness/inbox';
import { poll } from '../../harness/wait';
import { deliver, sign } from '../../harness/koeiq/sender';
import { event, idsOf, many, SECRET, send, sendAtOnce } from './support/events';
import { metric } from './support/metrics';
import { newStore, STORES, stopStores } from './support/stores';
import { Target } from './support/target';

/* How events reach their targets, on either store. */

afterAll(stopStores);

/** Each way of being away, from a target's side. */
const AWAY: Record<string, (target: Target) => void> = {
	...Object.fromEntries(
		[401, 404, 429, 502, 503, 504].map((status) => [
			status,
			(target: Target) => {
				target.behave = target.answering(status);
			},
		]),
	),
	"n8n's page while it starts": (target) => {
		target.behave = target.answering(200, '<html>', 'text/html; charset=utf-8');
	},
	'500 and not ready': (target) => {
		target.isReady = false;
		target.behave = target.answering(500);
	},
	'no HTTP': (target) => {
		target.behave = (_got, response) => {
			response.socket?.end('garbage\r\n\r\n');
		};
	},
	'breaking off': (target) => {
		target.behave = (_got, response) => {
			response.socket?.destroy();
		};
	},
};

describe.each(STORES)('handing on, on %s', (store) => {
	let inbox: Inbox | undefined;
	const targets: Target[] = [];

	afterEach(async () => {
		await inbox?.stop();
		for (const target of targets.splice(0)) await target.close();
	});

	async function startTarget(): Promise<Target> {
		const target = await Target.start();
		targets.push(target);
		return target;
	}

	async function start(to: readonly Target[], env: NodeJS.ProcessEnv = {}): Promise<Inbox> {
		inbox = await startInbox({
			env: {
				...(await newStore(store)),
				INBOX_WEBHOOK_SECRET: SECRET,
				INBOX_FORWARD_TO: to.map(({ url }) => url).join(' '),
				...env,
			},
		});
		return inbox;
	}

	const untilTaken = async (target: Target, number: number, seconds = 20) => {
		await poll(`${number} events to arrive`, seconds * 1000, () => target.taken.length >= number);
	};

	test('hands on the same bytes, Content-Type and signature, to every target', async () => {
		const [one, two] = [await startTarget(), await startTarget()];
		const { url } = await start([one, two]);
		const { payload } = event();
		const headers = {
			'content-type': 'application/json; charset=UTF-8',
			'X-KoeIQ-Signature': sign(SECRET, payload),
		};
		await fetch(url, { method: 'POST', headers, body: payload });
		for (const target of [one, two]) {
			await untilTaken(target, 1);
			expect(target.taken).toMatchObject([
				{
					body: payload,
					headers: {
						'content-type': 'application/json; charset=UTF-8',
						'x-koeiq-signature': sign(SECRET, payload),
					},
				},
			]);
		}
		await poll(
			'the count',
			5_000,
			async () => (await metric(url, 'koeiq_inbox_delivered_total', `target="${one.url}"`)) === 1,
		);
	});

	test('hands on in order of arrival, and each event once though it comes twice', async () => {
		const target = await startTarget();
		const { url } = await start([target], { INBOX_CONCURRENCY: '1' });
		const events = many(15);
		await send(url, events);
		await send(url, events);
		await untilTaken(target, 15);
		await sleep(1_500);
		expect(idsOf(target.taken)).toEqual(idsOf(events));
	});

	test('has no more requests under way than it may', async () => {
		const target = await startTarget();
		let underWay = 0;
		let most = 0;
		target.behave = (got, response) => {
			most = Math.max(most, ++underWay);
			setTimeout(() => {
				underWay -= 1;
				target.take(got, response);
			}, 100);
		};
		const { url } = await start([target], { INBOX_CONCURRENCY: '3' });
		await sendAtOnce(url, many(20));
		await untilTaken(target, 20);
		expect(most).toBe(3);
	});

	test('keeps events while there is no target, and gives all of them to those that come first', async () => {
		const { url, kill, restart } = await start([]);
		const events = many(5);
		await send(url, events);
		expect(await metric(url, 'koeiq_inbox_pending', 'target=""')).toBe(5);
		const [one, two] = [await startTarget(), await startTarget()];
		await kill('SIGTERM');
		await restart({ INBOX_FORWARD_TO: `${one.url} ${two.url}` });
		await untilTaken(one, 5);
		await untilTaken(two, 5);
		expect(new Set(idsOf(one.taken))).toEqual(new Set(idsOf(events)));
		// What comes first to a later target is what comes from then on.
		const late = await startTarget();
		await kill('SIGTERM');
		await restart({ INBOX_FORWARD_TO: `${one.url} ${late.url}` });
		const later = many(2);
		await send(url, later);
		await untilTaken(late, 2);
		expect(new Set(idsOf(late.taken))).toEqual(new Set(idsOf(later)));
		expect(await metric(url, 'koeiq_inbox_pending', 'target=""')).toBeUndefined();
	});

	test('takes a target for away by its answers, and loses no attempt', async () => {
		const away = Object.entries(AWAY).map(([name, breakIt]) => ({ name, breakIt }));
		const broken = await Promise.all(
			away.map(async ({ name, breakIt }) => {
				const target = await startTarget();
				breakIt(target);
				return { name, target };
			}),
		);
		const all = broken.map(({ target }) => target);
		const { url } = await start(all, { INBOX_RETRY_PAUSES: '0' });
		await sendAtOnce(url, many(20));
		await sleep(4_000);
		for (const { name, target } of broken) {
			// Some are under way when it is noticed; after that, one at most follows each GET.
			const { posts, asked } = target;
			const calm = posts.length <= 4 + asked.length && asked.length > 0 && asked.length < 12;
			expect([name, calm]).toEqual([name, true]);
			const pending = await metric(url, 'koeiq_inbox_pending', `target="${target.url}"`);
			expect([name, pending]).toEqual([name, 20]);
			target.isReady = true;
			target.takes();
		}
		for (const { name, target } of broken) {
			await untilTaken(target, 20, 30);
			expect([name, new Set(idsOf(target.taken)).size]).toEqual([name, 20]);
			const parked = await metric(url, 'koeiq_inbox_parked', `target="${target.url}"`);
			expect([name, parked]).toEqual([name, 0]);
		}
	});

	test('asks a target that is not there by GET, ever later, and the door stays open', async () => {
		const target = await startTarget();
		const { url, log } = await start([target]);
		await target.close();
		const events = many(100);
		const answers = await sendAtOnce(url, events);
		expect(answers.filter(({ status }) => status === 200)).toHaveLength(100);
		await sleep(2_000);
		await target.listen();
		await untilTaken(target, 100);
		expect(new Set(idsOf(target.taken))).toEqual(new Set(idsOf(events)));
		expect(target.taken).toHaveLength(100);
		expect(await log()).toMatch(/is away .*takes events again, after/s);
	});

	test('a slow target and one that is away hold nothing up at another', async () => {
		const [slow, away, fast] = [await startTarget(), await startTarget(), await startTarget()];
		slow.behave = () => {};
		const { url } = await start([slow, away, fast]);
		await away.close();
		const events = many(40);
		const from = Date.now();
		await sendAtOnce(url, events);
		await untilTaken(fast, 40);
		expect(Date.now() - from).toBeLessThan(10_000);
	});

	test('tries an event that a ready target refuses again, then parks it; others pass meanwhile', async () => {
		const target = await startTarget();
		const bad = event('bad');
		target.behave = (got, response) => {
			if (got.id === bad.id)
				target.answering(500, '{"message":"Error in workflow"}')(got, response);
			else target.take(got, response);
		};
		const { url, log } = await start([target], { INBOX_RETRY_PAUSES: '1 2' });
		const good = many(20);
		await send(url, [...good.slice(0, 10), bad, ...good.slice(10)]);
		await untilTaken(target, 20, 2);
		expect(new Set(idsOf(target.taken))).toEqual(new Set(idsOf(good)));
		await poll(
			'the event to be parked',
			20_000,
			async () => (await metric(url, 'koeiq_inbox_parked', `target="${target.url}"`)) === 1,
		);
		const tries = target.posts.filter(({ id }) => id === bad.id).map(({ at }) => at);
		expect(tries).toHaveLength(3);
		const pauses = tries.slice(1).map((at, index) => at - (tries[index] ?? 0));
		expect(pauses[0]).toBeGreaterThanOrEqual(990);
		expect(pauses[1]).toBeGreaterThanOrEqual(1_990);
		expect(pauses[1]).toBeLessThan(5_000);
		expect(await log()).toMatch(`Parked event ${bad.deliveryId}`);
		expect(await log()).not.toMatch('Error in workflow');
		await sleep(3_000);
		expect(target.posts.filter(({ id }) => id === bad.id)).toHaveLength(3);
	});

	test('an event that its target refuses arrives once the target is mended', async () => {
		const target = await startTarget();
		target.behave = target.answering(500);
		const { url } = await start([target], { INBOX_RETRY_PAUSES: '1 1 1 1 1 1 1 1 1 1' });
		const events = many(10);
		await send(url, events);
		await sleep(2_500);
		target.takes();
		await untilTaken(target, 10);
		expect(new Set(idsOf(target.taken))).toEqual(new Set(idsOf(events)));
		expect(target.taken).toHaveLength(10);
	});

	test('follows no redirect', async () => {
		const [target, other] = [await startTarget(), await startTarget()];
		target.behave = (_got, response) => response.writeHead(307, { location: other.url }).end();
		const { url } = await start([target], { INBOX_RETRY_PAUSES: '0.1' });
		await send(url, many(1));
		await poll(
			'the event to be parked',
			10_000,
			async () => (await metric(url, 'koeiq_inbox_parked', `target="${target.url}"`)) === 1,
		);
		expect(other.posts).toEqual([]);
	});

	test('a target that leaves keeps what it has not got: log and metrics say so', async () => {
		const [left, stays] = [await startTarget(), await startTarget()];
		await left.close();
		const { url, kill, restart, log } = await start([left, stays]);
		await send(url, many(3));
		await untilTaken(stays, 3);
		await kill('SIGTERM');
		await restart({ INBOX_FORWARD_TO: stays.url });
		expect(await log()).toMatch(`${left.url} has left INBOX_FORWARD_TO and has not got 3 events`);
		expect(await metric(url, 'koeiq_inbox_pending', `target="${left.url}"`)).toBe(3);
		await kill('SIGTERM');
		await left.listen();
		await restart({ INBOX_FORWARD_TO: `${stays.url} ${left.url}` });
		await untilTaken(left, 3);
	});

	test('told to stop, it ends what is under way, takes nothing new and exits 0', async () => {
		const target = await startTarget();
		target.behave = (got, response) => {
			setTimeout(() => {
				target.take(got, response);
			}, 1_500);
		};
		const { url, kill, restart } = await start([target], { INBOX_CONCURRENCY: '2' });
		await send(url, many(6));
		await poll('requests under way', 5_000, () => target.posts.length === 2);
		const from = Date.now();
		await kill('SIGTERM');
		expect(Date.now() - from).toBeLessThan(10_000);
		expect(target.taken).toHaveLength(2);
		await restart();
		await untilTaken(target, 6);
		expect(new Set(idsOf(target.posts)).size).toBe(target.posts.length);
	});

	test('killed under load, it loses nothing that it answered 200, and sends again at most what was under way', async () => {
		const target = await startTarget();
		target.behave = (got, response) => {
			setTimeout(() => {
				target.take(got, response);
			}, 20);
		};
		const { url, kill, restart } = await start([target]);
		const answered: string[] = [];
		for (let round = 0; round < 3; round++) {
			const events = many(100);
			const sending = Promise.all(
				events.map(async ({ id, payload }, index) => {
					await sleep(index * 10);
					const answer = await deliver(url, SECRET, payload).catch(() => undefined);
					if (answer?.status === 200) answered.push(id);
				}),
			);
			await sleep(500);
			await kill();
			await sending;
			await restart();
		}
		const have = () => new Set(idsOf(target.taken));
		await poll('all to arrive', 20_000, () => answered.every((id) => have().has(id)));
		await sleep(1_000);
		expect(answered.length).toBeGreaterThan(0);
		expect(target.taken.length - have().size).toBeLessThanOrEqual(3 * 4);
	});
});
