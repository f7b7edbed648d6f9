import { setImmediate } from 'node:timers/promises';

import { sampleOf } from '../../harness/koeiq/samples';
import { readEvents, type Ask } from '../../nodes/KoeIq/inbox/read-events';
import { toItem } from '../../nodes/KoeIq/inbox/stored-event';

/** An inbox with so many events, `e0` being the newest. */
class Stored {
	readonly asked: string[] = [];
	/** The most events that were read at the same time. */
	peak = 0;
	private reading = 0;

	constructor(
		private readonly count: number,
		private readonly deleted: readonly string[] = [],
	) {}

	readonly ask: Ask = async ({ path }): ReturnType<Ask> => {
		const listed = /^events\?(.*)$/.exec(path);
		if (listed !== null) {
			this.asked.push(path);
			const query = new URLSearchParams(listed[1]);
			const from = Number(query.get('cursor') ?? 0);
			const until = Math.min(this.count, from + Number(query.get('limit')));
			const events = Array.from({ length: until - from }, (_, i) => ({ id: `e${from + i}` }));
			const cursor = until < this.count ? String(until) : null;
			return { outcome: 'answered', body: { events, cursor } };
		}
		this.reading += 1;
		this.peak = Math.max(this.peak, this.reading);
		await setImmediate();
		this.reading -= 1;
		const id = path.slice('events/'.length);
		return this.deleted.includes(id)
			? { outcome: 'missing', message: 'There is no event with this id' }
			: { outcome: 'answered', body: { id, body: '{}' } };
	};
}

test.each([
	[3, 50, 3, ['events?limit=50']],
	[3, 2, 2, ['events?limit=2']],
	[0, 50, 0, ['events?limit=50']],
	[250, 150, 150, ['events?limit=100', 'events?limit=50&cursor=100']],
	[
		250,
		Infinity,
		250,
		['events?limit=100', 'events?limit=100&cursor=100', 'events?limit=100&cursor=200'],
	],
])('of %i events with the limit %i it reads %i', async (count, limit, found, asked) => {
	const inbox = new Stored(count);
	const events = await readEvents(inbox.ask, {}, limit);
	expect(events.map(({ delivery }) => delivery.id)).toEqual(
		Array.from({ length: found }, (_, i) => `e${i}`),
	);
	expect(inbox.asked).toEqual(asked);
	expect(inbox.peak).toBeLessThanOrEqual(8);
});

test('asks for the filters on every page', async () => {
	const inbox = new Stored(101);
	await readEvents(inbox.ask, { state: 'failed' }, Infinity);
	expect(inbox.asked).toEqual([
		'events?state=failed&limit=100',
		'events?state=failed&limit=100&cursor=100',
	]);
});

test('passes over an event that was deleted after it was listed, and reads on up to the limit', async () => {
	const events = await readEvents(new Stored(10, ['e1']).ask, {}, 3);
	expect(events.map(({ delivery }) => delivery.id)).toEqual(['e0', 'e2', 'e3']);
});

test('an item lists what differs from the reference, and overwrites a sender’s own fields', () => {
	const event = sampleOf('analytics.completed');
	const body = { ...event, delivery: 'theirs', data: { ...event.data, quality_score: '42' } };
	const stored = { id: 'abc', receivedAt: '2026-03-16T00:30:00.000Z', targets: [] };
	expect(toItem({ ...stored, body: `\ufeff${JSON.stringify(body)}` })).toMatchObject({
		delivery: { id: 'abc', issues: [{ path: 'data.quality_score' }] },
	});
});
