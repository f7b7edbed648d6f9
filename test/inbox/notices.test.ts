import type { WorkerStatus } from '../../inbox/src/delivery/worker';
import { decide, noteTold } from '../../inbox/src/notices/decide';
import {
	NOTHING_TOLD,
	type Memory,
	type SeenTarget,
	type Sight,
} from '../../inbox/src/notices/memory';
import { en } from '../../inbox/src/notices/words/en';
import { STATES } from '../../inbox/src/store/store';

/* When a chat is told what: the pure part, with a clock that the test moves. */

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const START = Date.parse('2026-11-02T00:00:00Z');
const LOOK = 15 * SECOND;

type Counts = SeenTarget['counts'];

const counts = (some: Partial<Counts> = {}): Counts => ({
	...(Object.fromEntries(STATES.map((state) => [state, 0])) as Counts),
	...some,
});

const up: WorkerStatus = { state: 'accepting', since: START };
const down = (since: number): WorkerStatus => ({
	...{ state: 'unavailable', since, nextAt: null },
	answer: 'connect ECONNREFUSED 127.0.0.1:5678',
});

function target(more: Partial<SeenTarget> = {}): SeenTarget {
	return {
		...{ key: 'one', url: 'http://n8n:5678/webhook/one/koeiq', name: 'Low score to chat' },
		...{ state: 'current', changedAt: START, status: up },
		...{ counts: counts(), oldestAt: { waiting: null, retrying: null } },
		...more,
	};
}

/** An inbox that is looked at every 15 seconds; what it tells arrives unless a test says otherwise. */
class World {
	at = START;
	/** When what was told: minutes since the start, and the text. */
	readonly told: Array<[number, string]> = [];
	memory: Memory = NOTHING_TOLD;
	arrives = true;
	keep = 7 * DAY;

	look(sight: Partial<Sight>): void {
		const { memory, due } = decide(this.memory, {
			...{ at: this.at, isWritable: true, refused: 0, keep: this.keep, targets: [] },
			...sight,
		});
		// As the store keeps it.
		this.memory = JSON.parse(JSON.stringify(memory)) as Memory;
		if (!this.arrives) return;
		for (const one of due) {
			this.told.push([(this.at - START) / MINUTE, en.say(one.notice)]);
			this.memory = noteTold(this.memory, one);
		}
	}

	/** Looks again and again for so long. @param see what there is at a time */
	pass(duration: number, see: (at: number) => Partial<Sight>): void {
		for (const end = this.at + duration; this.at < end; this.at += LOOK) this.look(see(this.at));
	}

	targets(duration: number, ...targets: Array<Partial<SeenTarget>>): void {
		this.pass(duration, () => ({ targets: targets.map(target) }));
	}
}

let world: World;

beforeEach(() => {
	world = new World();
});

/** What has waited since a time. */
const waiting = (since: number, number = 12): Partial<SeenTarget> => ({
	...{ counts: counts({ waiting: number }), oldestAt: { waiting: since, retrying: null } },
});
const retrying = (since: number, number = 2): Partial<SeenTarget> => ({
	...{ counts: counts({ retrying: number }), oldestAt: { waiting: null, retrying: since } },
});
const failed = (number: number): Partial<SeenTarget> => ({ counts: counts({ failed: number }) });

describe('a healthy week', () => {
	test('needs no message: events come by day, n8n is updated at night, a run fails now and then', () => {
		world.pass(7 * DAY, (at) => {
			const second = (at - START) / SECOND;
			const isUpdated = second % 86_400 >= 3 * 3_600 && second % 86_400 < 3 * 3_600 + 300;
			const isDay = second % 86_400 > 8 * 3_600 && second % 86_400 < 20 * 3_600;
			if (isUpdated) {
				const since = at - (second % 300) * SECOND;
				return { targets: [target({ ...waiting(since), status: down(since) })] };
			}
			// Refused at first: it is tried again after 5 s, 30 s and two minutes.
			if (second % 7_200 < 150)
				return { targets: [target(retrying(at - (second % 7_200) * SECOND))] };
			return { targets: [target(isDay && second % 45 === 0 ? waiting(at - SECOND, 1) : {})] };
		});
		expect(world.told).toEqual([]);
	});

	test('a workflow that is not published needs none either, while nothing is kept for it', () => {
		world.targets(7 * DAY, { state: 'paused', status: undefined });
		expect(world.told).toEqual([]);
	});

	test('a store that is away for half a minute and refuses nothing needs none', () => {
		world.pass(30 * SECOND, () => ({ isWritable: false }));
		world.pass(HOUR, () => ({ isWritable: true }));
		expect(world.told).toEqual([]);
	});
});

describe('events that wait', () => {
	test('n8n away for 20 minutes is one message, and one all clear', () => {
		world.targets(HOUR, {});
		const { at } = world;
		world.targets(20 * MINUTE, { ...waiting(at), status: down(at) });
		world.targets(HOUR, {});
		expect(world.told).toEqual([
			[70, expect.stringContaining('12 events are waiting for “Low score to chat”')],
			[80, expect.stringContaining('all clear')],
		]);
		expect(world.told[0]?.[1]).toContain('n8n does not answer at http://n8n:5678');
	});

	test('every workflow of an n8n that is away is told of at once', () => {
		const away = { ...waiting(world.at), status: down(world.at) };
		world.targets(11 * MINUTE, away, { ...away, key: 'two', name: 'Alerts' });
		expect(world.told.map(([at]) => at)).toEqual([10, 10]);
	});

	test('an n8n that comes and goes is told of once an hour at most, and so is its end', () => {
		for (let n = 0; n < 12; n++) {
			const { at } = world;
			world.targets(11 * MINUTE, { ...waiting(at), status: down(at) });
			world.targets(4 * MINUTE, {});
		}
		const times = (words: string) =>
			world.told.filter(([, text]) => text.includes(words)).map(([at]) => at);
		expect(times('are waiting')).toEqual([10, 70, 130]);
		expect(times('all clear')).toEqual([11, 71, 131]);
	});

	test('what is sent again waits since then, however old it is', () => {
		world.targets(HOUR, {});
		world.targets(9 * MINUTE, waiting(START - 3 * DAY));
		world.targets(HOUR, {});
		expect(world.told).toEqual([]);
	});

	test('an old event that joins new ones waits since then', () => {
		world.targets(9 * MINUTE, waiting(world.at - SECOND));
		world.targets(9 * MINUTE, waiting(START - 3 * DAY));
		expect(world.told).toEqual([]);
	});

	test('what waited while the inbox was off is no fault of n8n', () => {
		world.targets(9 * MINUTE, waiting(world.at));
		world.at += HOUR;
		world.targets(9 * MINUTE, waiting(START));
		expect(world.told).toEqual([]);
		world.targets(2 * MINUTE, waiting(START));
		expect(world.told).toHaveLength(1);
	});

	test('a restart in the middle changes nothing', () => {
		world.targets(9 * MINUTE, waiting(world.at));
		world.at += MINUTE;
		world.targets(5 * MINUTE, waiting(START));
		expect(world.told.map(([at]) => at)).toEqual([10]);
	});

	test.each<[string, Partial<SeenTarget>, RegExp]>([
		[
			'n8n does not answer',
			{ status: down(START) },
			/does not answer at http:\/\/n8n:5678\. Check/,
		],
		[
			'n8n is not ready',
			{ status: { state: 'unavailable', since: START, answer: null, nextAt: null } },
			/is not ready at http:\/\/n8n:5678/,
		],
		[
			'n8n answers something else, and what is not shown',
			{ status: { state: 'unavailable', since: START, answer: '503 CALL-1 said', nextAt: null } },
			/answers 503 and is not ready(?!.*CALL-1)/,
		],
		[
			'the secrets differ',
			{ status: { state: 'rejecting', since: START, answer: '401 {}', nextAt: null } },
			/with 401, because its secret differs .* Previous Webhook Secret/,
		],
		['n8n is busy', {}, /is working through them/],
		['there is no target', { key: '', url: '', name: '', status: undefined }, /has no target/],
	])('says why: %s', (_why, more, words) => {
		world.targets(11 * MINUTE, { ...waiting(START), ...more });
		expect(world.told).toEqual([[10, expect.stringMatching(words)]]);
	});

	test('are over when their target is paused, given up or gone, and the message says which', () => {
		const now = (more: Partial<SeenTarget> | undefined) => {
			world = new World();
			world.targets(11 * MINUTE, { ...waiting(START), status: down(START) });
			world.targets(MINUTE, ...(more ? [more] : []));
			return world.told[1]?.[1];
		};
		expect(now({ ...waiting(START), state: 'paused' })).toMatch(
			/is paused now.* 12 events are kept/,
		);
		expect(now({ ...waiting(START), state: 'left' })).toMatch(/is given up.*12 events/);
		expect(now(undefined)).toMatch(/all clear.*no longer a target/);
	});
});

describe('events that a workflow rejects', () => {
	test('are told of after ten minutes, and hide no outage', () => {
		const poison = { waiting: null, retrying: START };
		world.targets(11 * MINUTE, retrying(START));
		expect(world.told).toEqual([[10, expect.stringContaining('has been rejecting 2 events')]]);
		const { at } = world;
		world.targets(11 * MINUTE, {
			...{ counts: counts({ retrying: 2, waiting: 5 }), status: down(at) },
			oldestAt: { ...poison, waiting: at },
		});
		expect(world.told[1]).toEqual([21, expect.stringContaining('7 events are waiting')]);
	});

	test('an outage is not told of while n8n is only restarted, though something is retried for long', () => {
		world.targets(20 * MINUTE, retrying(START));
		world.targets(2 * MINUTE, { ...retrying(START), status: down(world.at) });
		world.targets(MINUTE, {});
		expect(world.told.map(([, text]) => text)).toEqual([
			expect.stringContaining('has been rejecting'),
			expect.stringContaining('has no rejected event left'),
		]);
	});

	test('that fail in the end are not called all clear', () => {
		world.targets(20 * MINUTE, retrying(START, 1));
		world.targets(HOUR, failed(1));
		world.targets(MINUTE, {});
		expect(world.told.map(([, text]) => text)).toEqual([
			expect.stringContaining('has been rejecting 1 event for'),
			expect.stringContaining('1 event has failed'),
			expect.stringContaining('No failed event is left'),
		]);
	});
});

describe('events that have failed', () => {
	test('are told of at once, more of them an hour later, and nothing more until they are gone', () => {
		world.targets(MINUTE, failed(3));
		world.targets(10 * HOUR, failed(5));
		world.targets(MINUTE, {});
		expect(world.told).toEqual([
			[0, expect.stringContaining('3 events have failed')],
			[60, expect.stringContaining('2 more events have failed for “Low score to chat”, 5 in all')],
			[601, expect.stringContaining('all clear')],
		]);
	});

	test('are not called all clear while they are sent again, only once they are delivered', () => {
		const sentAgain = retrying(START - HOUR, 1);
		world.targets(MINUTE, failed(1));
		world.targets(5 * MINUTE, sentAgain);
		world.targets(5 * MINUTE, failed(1));
		world.targets(5 * MINUTE, waiting(START - HOUR, 1));
		expect(world.told).toEqual([[0, expect.stringContaining('1 event has failed')]]);
		world.targets(HOUR, retrying(world.at, 1));
		expect(world.told.slice(1, 2)).toEqual([[16, expect.stringContaining('all clear')]]);
		expect(world.told.filter(([, text]) => text.includes('No failed event'))).toHaveLength(1);
	});

	test('are not looked for in Executions: what n8n refuses itself has none', () => {
		world.targets(MINUTE, failed(1));
		expect(world.told[0]?.[1]).toMatch(
			/All retries failed\. The event is still stored\. .*page shows what n8n answered(?!.*Executions)/,
		);
	});

	test('of those that failed, what is left counts as told', () => {
		world.targets(MINUTE, failed(3));
		world.targets(HOUR, failed(1));
		world.targets(MINUTE, failed(3));
		expect(world.told[1]).toEqual([61, expect.stringContaining('2 more events')]);
	});
});

describe('a paused target', () => {
	const kept = { ...waiting(START, 120), state: 'paused' as const, status: undefined };

	test('is told of a day before it is given up, and when it is', () => {
		world.targets(7 * DAY, kept);
		world.targets(MINUTE, { ...kept, state: 'left' });
		expect(world.told).toEqual([
			[6 * 24 * 60, expect.stringMatching(/120 events are kept for it\. In 24 hours/)],
			[7 * 24 * 60, expect.stringMatching(/is given up\. .* 120 events that it did not get/)],
		]);
	});

	test('half of the time before, if that is shorter', () => {
		world.keep = 4 * HOUR;
		world.targets(3 * HOUR, kept);
		world.targets(MINUTE, {});
		expect(world.told).toEqual([
			[120, expect.stringContaining('In 2 hours')],
			[180, expect.stringContaining('is published again')],
		]);
	});
});

describe('a store that takes no events', () => {
	test('is told of at once if an event was refused, and how many once it is over', () => {
		world.look({ isWritable: false, refused: 2 });
		world.pass(5 * MINUTE, () => ({ isWritable: false, refused: 1, targets: undefined }));
		world.pass(5 * MINUTE, () => ({}));
		expect(world.told).toEqual([
			[0, expect.stringContaining('2 events could not be stored')],
			[5.75, expect.stringMatching(/all clear\. .* 22 events were refused with 503/)],
		]);
	});

	test('is told of after a minute if none was refused', () => {
		world.pass(2 * MINUTE, () => ({ isWritable: false, targets: undefined }));
		world.pass(5 * MINUTE, () => ({}));
		expect(world.told).toEqual([
			[1, expect.stringContaining('new events cannot be stored')],
			[2.75, expect.stringContaining('No event was refused')],
		]);
	});

	test('an event that was refused within the hour after is told of later, not never', () => {
		world.look({ refused: 1 });
		world.pass(10 * MINUTE, () => ({}));
		world.look({ refused: 7 });
		world.pass(2 * HOUR, () => ({}));
		expect(world.told.map(([at, text]) => [at, /\d+ events?/.exec(text)?.[0]])).toEqual([
			[0, '1 event'],
			[1, '1 event'],
			[60, '7 events'],
			[61, '7 events'],
		]);
	});

	test('says nothing about targets: what was told of them is neither over nor repeated', () => {
		const away = { ...waiting(START), status: down(START) };
		world.targets(11 * MINUTE, away);
		world.pass(30 * MINUTE, () => ({ targets: undefined }));
		world.targets(11 * MINUTE, away);
		expect(world.told).toHaveLength(1);
	});
});

test('what a chat did not get is told as soon as it takes it, with the numbers of then', () => {
	world.arrives = false;
	world.targets(2 * HOUR, failed(3));
	world.arrives = true;
	world.targets(MINUTE, failed(4));
	expect(world.told).toEqual([[120, expect.stringContaining('4 events have failed')]]);
});
