/*
 * Which notices are due: a pure function of what is seen now, and of what was seen and told before. Each condition is
 * told once when it begins and once when it is over, and neither twice in an hour. Times are in milliseconds since the
 * epoch.
 */
import { findConditions, stateOf, titleOf } from './conditions';
import {
	isOpen,
	NOT_STORED,
	TROUBLE_MS,
	waitOf,
	type Memory,
	type SeenTarget,
	type Sight,
	type Told,
	type Wait,
} from './memory';
import type { Beginning, Notice } from './notice';

export interface Due {
	/** Of the condition. */
	id: string;
	notice: Notice;
}

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
/** Nobody looked for so long: the inbox was off, and what waited meanwhile waited for it. */
const GAP_MS = 5 * MINUTE;

/** @returns what to tell, and what to remember: {@link noteTold} adds what was told */
export function decide(before: Memory, sight: Sight): { memory: Memory; due: Due[] } {
	const seen = observe(before, sight);
	const conditions = findConditions(seen, sight);
	const memory = { ...seen, told: withoutSuperseded(seen.told, conditions, sight) };
	const begun = [...conditions].flatMap(([id, { notice, isDue }]) => {
		const news = toTell(notice, isDue, memory.told[id], sight.at);
		return news === undefined ? [] : [{ id, notice: news }];
	});
	const over = Object.entries(memory.told)
		.filter(([id, told]) => {
			const isKnown = id === NOT_STORED || sight.targets !== undefined;
			return isKnown && isOpen(told) && !conditions.has(id) && isHourAgo(told.overAt, sight.at);
		})
		.map(([id, told]) => ({ id, notice: endOf(told.notice, memory, sight) }));
	return { memory, due: [...begun, ...over] };
}

/** After a chat has accepted a notice. */
export function noteTold(memory: Memory, { id, notice }: Due): Memory {
	const known = memory.told[id];
	switch (notice.about) {
		case 'over':
		case 'storedAgain':
			return {
				...memory,
				...(notice.about === 'storedAgain' && { trouble: undefined }),
				...(known && { told: { ...memory.told, [id]: { ...known, overAt: notice.at } } }),
			};
		default: {
			const told: Told = { at: notice.at, overAt: known?.overAt ?? null, notice };
			return { ...memory, told: { ...memory.told, [id]: told } };
		}
	}
}

function observe(before: Memory, { at, targets, isWritable, refused }: Sight): Memory {
	const memory = { ...before, trouble: troubleAfter(before, { at, isWritable, refused }) };
	if (targets === undefined) return memory;
	const known = at - before.seenAt < GAP_MS ? before.waits : {};
	const waits = targets.flatMap(({ key, state, oldestAt }) =>
		(['waiting', 'retrying'] as const).flatMap((pending): Array<[string, Wait]> => {
			const oldest = oldestAt[pending];
			if (oldest === null || state !== 'current') return [];
			const id = waitOf(pending, key);
			const wait = known[id];
			// One that is older than the oldest was sent again, or moved here: it waits since now.
			const since = wait === undefined || oldest < wait.oldest ? at : wait.since;
			return [[id, { since, oldest }]];
		}),
	);
	return {
		...memory,
		seenAt: at,
		waits: Object.fromEntries(waits),
		told: stillToldAt(before.told, targets, at),
	};
}

function troubleAfter(
	{ trouble, told }: Memory,
	{ at, isWritable, refused }: Pick<Sight, 'at' | 'isWritable' | 'refused'>,
): Memory['trouble'] {
	if (!isWritable || refused > 0) {
		return {
			since: trouble?.since ?? at,
			until: at,
			refused: (trouble?.refused ?? 0) + refused,
		};
	}
	if (trouble === undefined || at - trouble.until < TROUBLE_MS) return trouble;
	// Refused events are told of, however late.
	return trouble.refused > 0 || isOpen(told[NOT_STORED]) ? trouble : undefined;
}

/** Without what an hour has made irrelevant; and of what failed, only what is left counts as told. */
function stillToldAt(
	told: Memory['told'],
	targets: readonly SeenTarget[],
	at: number,
): Memory['told'] {
	const entries = Object.entries(told)
		.filter(([, one]) => isOpen(one) || !isHourAgo(one.at, at) || !isHourAgo(one.overAt, at))
		.map(([id, one]): [string, Told] => {
			const { notice } = one;
			if (notice.about !== 'failed') return [id, one];
			const left = targets.find(({ key }) => key === notice.key)?.counts.failed ?? 0;
			return [id, { ...one, notice: { ...notice, events: Math.min(notice.events, left) } }];
		});
	return Object.fromEntries(entries);
}

/** What became something worse has not ended well: only that has an end. */
function withoutSuperseded(
	told: Memory['told'],
	conditions: ReadonlyMap<string, unknown>,
	{ at }: Sight,
): Memory['told'] {
	const worse = { waiting: 'rejected', rejected: 'failed' } as const;
	const entries = Object.entries(told).map(([id, one]): [string, Told] => {
		const { notice } = one;
		if (notice.about !== 'waiting' && notice.about !== 'rejected') return [id, one];
		const isSuperseded =
			isOpen(one) && !conditions.has(id) && conditions.has(`${worse[notice.about]}:${notice.key}`);
		return [id, isSuperseded ? { ...one, overAt: at } : one];
	});
	return Object.fromEntries(entries);
}

function toTell(
	notice: Beginning,
	isDue: boolean,
	told: Told | undefined,
	at: number,
): Beginning | undefined {
	if (told !== undefined && !isHourAgo(told.at, at)) return undefined;
	if (told === undefined || !isOpen(told)) return isDue ? notice : undefined;
	if (notice.about !== 'failed' || told.notice.about !== 'failed') return undefined;
	const added = notice.events - told.notice.events;
	return added > 0 ? { ...notice, added } : undefined;
}

function endOf(notice: Beginning, { trouble }: Memory, { at, targets = [] }: Sight): Notice {
	if (notice.about === 'notStored') {
		const { since, refused } = { ...notice, ...trouble };
		return { about: 'storedAgain', at, since, refused };
	}
	const { about: what, key } = notice;
	const now = targets.find((target) => target.key === key);
	return {
		...{ about: 'over', what, key, at },
		target: now === undefined ? notice.target : titleOf(now),
		since: 'since' in notice ? notice.since : notice.at,
		...stateOf(now),
	};
}

function isHourAgo(time: number | null, at: number): boolean {
	return time === null || at - time >= HOUR;
}
