import { setImmediate } from 'node:timers/promises';

import type { Reply } from '../../../inbox/src/delivery/policy';
import { newEvents, type OpenedStore } from './open-store';

/* A clock that the test moves, for deliveries on a real store in this process. */

export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;

export const OK = answered(200);

export function answered(status: number, text = ''): Reply {
	return { kind: 'answered', status, text, contentType: 'application/json' };
}

/** Before each test; {@link jest.useRealTimers} after it. */
export function useClock(): void {
	jest.useFakeTimers({
		doNotFake: ['setImmediate', 'clearImmediate', 'nextTick', 'queueMicrotask'],
	});
}

/** Moves the clock, and lets all that comes of it happen: a commit of the store takes a few turns of the event loop. */
export async function pass(milliseconds: number, step = 100): Promise<void> {
	for (let passed = 0; passed < milliseconds; passed += step) {
		jest.advanceTimersByTime(Math.min(step, milliseconds - passed));
		for (let turn = 0; turn < 25; turn++) await setImmediate();
	}
}

/** Moves the clock until something is so; how many seconds that took. */
export async function until(
	isSo: () => boolean | Promise<boolean>,
	limit = HOUR,
	step = 100,
): Promise<number> {
	const from = Date.now();
	while (!(await isSo())) {
		if (Date.now() - from > limit) throw new Error(`Not so after ${limit / 1000} s`);
		await pass(step, step);
	}
	return (Date.now() - from) / 1000;
}

/** Stores events; what a target sees of each is its delivery id, as the signature. */
export async function addTo(
	{ store }: OpenedStore,
	events: number | ReturnType<typeof newEvents>,
): Promise<string[]> {
	const all = typeof events === 'number' ? newEvents(events) : events;
	for (const event of all) await store.add({ ...event, signature: event.id });
	return all.map(({ id }) => id);
}
