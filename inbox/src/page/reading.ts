import type { FastifyInstance } from 'fastify';

import type { WorkerStatus } from '../delivery/worker';
import { STATES, type EventSummary, type State, type Store } from '../store/store';
import { EVENT_ID } from './request';
import { deliveries, eventPage } from './views/event';
import { sendPage, sendPart } from './views/layout';
import { listPage, rows, type Filter } from './views/list';
import { targetCards } from './views/targets';

const ON_A_PAGE = 50;

/** What can be looked at: the list, one event, and the parts of both that refresh themselves. */
export function addReading(
	app: FastifyInstance,
	store: Store,
	status: (key: string) => WorkerStatus | undefined,
): void {
	app.get<{ Querystring: Partial<Filter> }>('/', async (request, reply) => {
		const filter = readFilter(request.query);
		const [events, overview] = await Promise.all([search(store, filter), store.overview()]);
		const { words, session } = request;
		const targets = targetCards({ overview, status, session, words, now: Date.now() });
		const content = listPage(filter, words, targets, rows({ filter, ...events, overview }, words));
		return await sendPage(request, reply, { content });
	});

	app.get('/live/targets', async ({ session, words }, reply) => {
		const overview = await store.overview();
		return await sendPart(
			reply,
			targetCards({ overview, status, session, words, now: Date.now() }),
		);
	});

	app.get<{ Querystring: Partial<Filter> }>('/live/events', async ({ query, words }, reply) => {
		const filter = readFilter(query);
		const [events, overview] = await Promise.all([search(store, filter), store.overview()]);
		return await sendPart(reply, rows({ filter, ...events, overview }, words));
	});

	app.get<{ Params: { id: string } }>('/events/:id', async (request, reply) => {
		const { words, session } = request;
		const event = await store.find(request.params.id);
		if (event === undefined) {
			return await sendPage(request, reply.code(404), { problem: words.errors.missing });
		}
		const overview = await store.overview();
		const title = event.callId ?? event.event ?? words.list.unnamed;
		const content = eventPage({ event, overview, session, words });
		return await sendPage(request, reply, { title, content });
	});

	app.get<{ Params: { id: string } }>('/live/events/:id', async ({ params, ...request }, reply) => {
		const { session, words } = request;
		const [event, overview] = await Promise.all([store.find(params.id), store.overview()]);
		if (event === undefined) return await reply.code(404).send();
		return await sendPart(reply, deliveries({ event, overview, session, words }));
	});

	app.get<{ Params: { id: string } }>('/events/:id/body', async ({ params }, reply) => {
		const event = await store.find(params.id);
		if (event === undefined) return await reply.code(404).send();
		return await reply
			.type('application/octet-stream')
			.header('content-disposition', `attachment; filename="${event.id.slice(0, 12)}.json"`)
			.send(event.body);
	});
}

function readFilter({ text, state, before }: Partial<Filter>): Filter {
	return {
		text: text?.trim() ?? '',
		state: isState(state) ? state : '',
		before: /^\d{1,15}$/.test(before ?? '') ? (before ?? '') : '',
	};
}

/** Asks for one more than is shown, to know whether there are more. */
async function search(
	store: Store,
	{ text, state, before }: Filter,
): Promise<{ events: EventSummary[]; hasMore: boolean }> {
	if (EVENT_ID.test(text)) {
		const event = await store.find(text);
		return { events: event === undefined ? [] : [event], hasMore: false };
	}
	const found = await store.search({
		...(text !== '' && { text }),
		...(isState(state) && { state }),
		...(before !== '' && { before: Number(before) }),
		limit: ON_A_PAGE + 1,
	});
	return { events: found.slice(0, ON_A_PAGE), hasMore: found.length > ON_A_PAGE };
}

function isState(text: string | undefined): text is State {
	return STATES.some((state) => state === text);
}
