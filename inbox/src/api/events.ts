import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type { FastifyInstance } from 'fastify';

import { log } from '../log';
import {
	attemptsOf,
	type Delivery,
	type EventFilter,
	type EventSummary,
	type Store,
} from '../store/store';
import type { ApiOptions } from './api';
import { ApiError } from './errors';
import { ErrorAnswer, Event, EventQuery, Events, IdParams, Send, Sent } from './schemas';

type Options = Pick<ApiOptions, 'store' | 'onSent'>;

/** What has come, and sending it again. */
export function addEvents(plain: FastifyInstance, { store, onSent }: Options): void {
	const app = plain.withTypeProvider<TypeBoxTypeProvider>();

	app.get(
		'/api/v1/events',
		{
			schema: {
				summary: 'Events, newest first, a page at a time',
				querystring: EventQuery,
				response: { 200: Events, 400: ErrorAnswer },
			},
			preValidation: async (request) => {
				request.query = readQuery(request.query);
			},
		},
		async ({ query }) => {
			const { call_id: callId, voicelog_id: voicelogId, target, limit = 50, cursor } = query;
			// One more than is answered tells whether there are more.
			const found = await store.search({
				...readRange(query),
				...(callId !== undefined && { callId }),
				...(voicelogId !== undefined && { voicelogId }),
				...(target !== undefined && { target }),
				...(cursor !== undefined && { before: Number(cursor) }),
				limit: limit + 1,
			});
			const events = found.slice(0, limit);
			const last = found.length > limit ? events.at(-1) : undefined;
			return { events: events.map(summarize), cursor: last ? String(last.sequence) : null };
		},
	);

	app.get(
		'/api/v1/events/:id',
		{
			schema: {
				summary: 'One event, with its body',
				params: IdParams,
				response: { 200: Event, 404: ErrorAnswer },
			},
		},
		async ({ params: { id } }) => {
			const event = await store.find(id);
			if (event === undefined) throw new ApiError(404, NO_EVENT);
			return { ...summarize(event), body: event.body.toString() };
		},
	);

	app.post(
		'/api/v1/sends',
		{
			schema: {
				summary: 'Sends events again',
				body: Send,
				response: { 200: Sent, 400: ErrorAnswer, 404: ErrorAnswer, 409: ErrorAnswer },
			},
		},
		async ({ body: { id, target, ...range } }) => {
			const chosen = await chooseTargets(store, target);
			const filter = readRange(range);
			const isRange = Object.keys(filter).length > 0;
			if ((id === undefined) !== isRange) {
				throw new ApiError(
					400,
					'The body must have "id", or at least one of "after", "before", "event" and "state"',
				);
			}
			const events =
				id === undefined ? await store.sendAll(filter, target) : await sendOne(store, id, chosen);
			log.info({ events, targets: chosen.length }, 'Sending events again.');
			onSent();
			return { events };
		},
	);
}

const NO_EVENT =
	'There is no event with this id: the inbox deletes events some days after their delivery';

async function sendOne(store: Store, id: string, targets: readonly string[]): Promise<number> {
	if ((await store.find(id)) === undefined) throw new ApiError(404, NO_EVENT);
	for (const key of targets) await store.sendAgain(id, key);
	return 1;
}

/** Their keys. @throws {ApiError} */
async function chooseTargets(store: Store, chosen: string | undefined): Promise<string[]> {
	const targets = await store.targets();
	if (chosen === undefined) {
		const current = targets.filter(({ state }) => state === 'current');
		if (current.length === 0) throw new ApiError(409, 'There is no current target');
		return current.map(({ key }) => key);
	}
	const target = targets.find(({ key }) => key === chosen);
	if (target === undefined) throw new ApiError(404, 'There is no target with this key');
	if (target.state === 'left') throw new ApiError(409, 'This target has left');
	return [chosen];
}

/** A field without a value is as one that is not there. */
function readQuery(query: EventQuery): EventQuery {
	const given = Object.entries(query as Record<string, unknown>).filter(
		([, value]) => value !== '',
	);
	return Object.fromEntries(
		given.map(([name, value]) => [
			name,
			name === 'limit' && /^\d{1,9}$/.test(String(value)) ? Number(value) : value,
		]),
	);
}

/** @throws {ApiError} */
function readRange({
	after,
	before,
	event,
	state,
}: Pick<EventQuery, 'after' | 'before' | 'event' | 'state'>): Omit<EventFilter, 'target'> {
	return {
		...(after !== undefined && { from: toTime(after, 'after') }),
		...(before !== undefined && { until: toTime(before, 'before') }),
		...(event !== undefined && { event }),
		...(state !== undefined && { state }),
	};
}

/** Some date-times have the right form and are none. */
function toTime(text: string, name: string): number {
	const time = Date.parse(text);
	if (Number.isNaN(time)) throw new ApiError(400, `"${name}" is not a date-time`);
	return time;
}

function summarize({ id, receivedAt, event, callId, voicelogId, deliveries }: EventSummary) {
	return {
		...{ id, receivedAt: new Date(receivedAt).toISOString(), event, callId, voicelogId },
		targets: deliveries.filter(({ target }) => target.key !== '').map(presentDelivery),
	};
}

function presentDelivery(delivery: Delivery): Event['targets'][number] {
	const { target, state, lastAnswer, isIgnored } = delivery;
	return {
		...{ key: target.key, name: target.name || target.url, state },
		...{ attempts: attemptsOf(delivery), lastAnswer },
		...(isIgnored && { ignored: true }),
	};
}
