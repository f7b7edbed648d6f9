import { setTimeout as sleep } from 'node:timers/promises';

import { poll } from '../../harness/wait';
import { sign } from '../../harness/koeiq/sender';
import { event, idsOf, many, SECRET, send, sendAtOnce } from './support/events';
import { handingOn, untilTaken } from './support/handing-on';
import { metric } from './support/metrics';
import { STORES, stopStores } from './support/stores';

/* How events reach their targets, on either store. */

afterAll(stopStores);

describe.each(STORES)('handing on, on %s', (store) => {
	const { startTarget, start } = handingOn(store);

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
		const answers: Array<() => void> = [];
		target.behave = (got, response) => {
			answers.push(() => {
				target.take(got, response);
			});
		};
		const { url, kill, restart, log } = await start([target], { INBOX_CONCURRENCY: '2' });
		await send(url, many(6));
		await poll('requests under way', 20_000, () => target.posts.length === 2);
		const killed = kill('SIGTERM');
		await poll('the inbox to be told', 10_000, async () => (await log()).includes('SIGTERM: '));
		const from = Date.now();
		for (const answer of answers) answer();
		await killed;
		expect(Date.now() - from).toBeLessThan(10_000);
		expect(target.taken).toHaveLength(2);
		expect(target.posts).toHaveLength(2);
		target.takes();
		await restart();
		await untilTaken(target, 6);
		expect(new Set(idsOf(target.posts)).size).toBe(target.posts.length);
	});
});
