import type { Failure, Outcome } from './answers';
import { getEvent, listEvents, type ApiRequest } from './requests';
import { readPage, toItem, type StoredEvent } from './stored-event';

/** One call of the inbox; throws what has failed. */
export type Ask = (call: ApiRequest) => Promise<Exclude<Outcome, Failure>>;

const PAGE_LENGTH = 100;
/** How many events are read at the same time: the inbox's list is without their bodies. */
const CONCURRENCY = 8;

/**
 * The stored events that meet the filters, newest first.
 *
 * @param filters in the API's names
 * @param limit how many at most; may be Infinity
 */
export async function readEvents(
	ask: Ask,
	filters: Readonly<Record<string, string>>,
	limit: number,
): Promise<StoredEvent[]> {
	const found: StoredEvent[] = [];
	for (let cursor: string | undefined; ;) {
		const wanted = limit - found.length;
		const listed = await ask(listEvents(filters, Math.min(wanted, PAGE_LENGTH), cursor));
		if (listed.outcome === 'missing') return found;
		const page = readPage(listed.body);
		found.push(...(await readBodies(ask, page.ids)));
		cursor = page.cursor;
		if (cursor === undefined || found.length >= limit) return found.slice(0, limit);
	}
}

async function readBodies(ask: Ask, ids: readonly string[]): Promise<StoredEvent[]> {
	const found: StoredEvent[] = [];
	for (let start = 0; start < ids.length; start += CONCURRENCY) {
		const calls = ids.slice(start, start + CONCURRENCY).map((id) => ask(getEvent(id)));
		for (const event of await Promise.all(calls)) {
			// One that is missing has been deleted since it was listed.
			if (event.outcome === 'answered') found.push(toItem(event.body));
		}
	}
	return found;
}
