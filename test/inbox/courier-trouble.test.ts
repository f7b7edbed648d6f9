import { setTimeout as sleep } from 'node:timers/promises';

import { poll } from '../../harness/wait';
import { deliver } from '../../harness/koeiq/sender';
import { event, idsOf, many, SECRET, send, sendAtOnce } from './support/events';
import { handingOn, untilTaken } from './support/handing-on';
import { metric } from './support/metrics';
import { STORES, stopStores } from './support/stores';
import type { Target } from './support/target';

/* What becomes of events if a target is away or refuses them, or the inbox is killed, on either store. */

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

describe.each(STORES)('in trouble, on %s', (store) => {
	const { startTarget, start } = handingOn(store);

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
		await poll('each to be asked', 20_000, () => all.every(({ asked }) => asked.length > 0));
		await sleep(2_000);
		for (const { name, target } of broken) {
			// Some are under way when it is noticed; after that, one at most follows each GET.
			const { posts, asked } = target;
			const calm = posts.length <= 4 + asked.length && asked.length < 12;
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
		await sleep(1_000);
		await target.listen();
		await untilTaken(target, 100);
		expect(new Set(idsOf(target.taken))).toEqual(new Set(idsOf(events)));
		expect(target.taken).toHaveLength(100);
		expect(await log()).toMatch(/is away .*takes events again, after/s);
	});

	test('tries an event that a ready target refuses again, then parks it; others pass meanwhile', async () => {
		const target = await startTarget();
		const bad = event('bad');
		target.behave = (got, response) => {
			if (got.id === bad.id)
				target.answering(500, '{"message":"Error in workflow"}')(got, response);
			else target.take(got, response);
		};
		const { url, log } = await start([target], { INBOX_RETRY_PAUSES: '0.5 3' });
		const good = many(20);
		await send(url, [...good.slice(0, 10), bad, ...good.slice(10)]);
		await untilTaken(target, 20);
		expect(target.posts.filter(({ id }) => id === bad.id).length).toBeLessThan(3);
		expect(new Set(idsOf(target.taken))).toEqual(new Set(idsOf(good)));
		await poll(
			'the event to be parked',
			20_000,
			async () => (await metric(url, 'koeiq_inbox_parked', `target="${target.url}"`)) === 1,
		);
		const tries = target.posts.filter(({ id }) => id === bad.id).map(({ at }) => at);
		expect(tries).toHaveLength(3);
		const pauses = tries.slice(1).map((at, index) => at - (tries[index] ?? 0));
		expect(pauses[0]).toBeGreaterThanOrEqual(490);
		expect(pauses[1]).toBeGreaterThanOrEqual(2_990);
		expect(await log()).toMatch(`Parked event ${bad.deliveryId}`);
		expect(await log()).not.toMatch('Error in workflow');
		await sleep(2_000);
		expect(target.posts.filter(({ id }) => id === bad.id)).toHaveLength(3);
	});

	test('an event that its target falls over at lets others pass, and arrives once the target is mended', async () => {
		const target = await startTarget();
		const bad = event('bad');
		target.behave = (got, response) => {
			if (got.id === bad.id) response.destroy();
			else target.take(got, response);
		};
		const { url } = await start([target], { INBOX_RETRY_PAUSES: '0' });
		const good = many(20);
		await send(url, [bad, ...good]);
		await untilTaken(target, 20, 30);
		expect(new Set(idsOf(target.taken))).toEqual(new Set(idsOf(good)));
		const pending = async () => await metric(url, 'koeiq_inbox_pending', `target="${target.url}"`);
		// The last of them may have been answered and not be noted yet.
		await poll('all others to be done with', 20_000, async () => (await pending()) === 1);
		expect(await metric(url, 'koeiq_inbox_parked', `target="${target.url}"`)).toBe(0);
		target.takes();
		await untilTaken(target, 21, 30);
		expect(idsOf(target.taken).at(-1)).toBe(bad.id);
	});

	test('an event that its target refuses arrives once the target is mended', async () => {
		const target = await startTarget();
		target.behave = target.answering(500);
		const { url } = await start([target], {
			INBOX_RETRY_PAUSES: '0.5 0.5 0.5 0.5 0.5 0.5 0.5 0.5',
		});
		const events = many(10);
		await send(url, events);
		await sleep(1_200);
		target.takes();
		await untilTaken(target, 10);
		expect(new Set(idsOf(target.taken))).toEqual(new Set(idsOf(events)));
		expect(target.taken).toHaveLength(10);
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
		for (let round = 0; round < 2; round++) {
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
		expect(target.taken.length - have().size).toBeLessThanOrEqual(2 * 4);
	});
});
