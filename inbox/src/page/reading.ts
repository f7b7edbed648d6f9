import type { FastifyInstance } from 'fastify';

import type { WorkerStatus } from '../delivery/worker';
import type { Signatures } from '../signatures';
import type { EventSummary, Store } from '../store/store';
import { readFilter, toEventFilter, type Filter } from './filter';
import { EVENT_ID } from './request';
import { deliveries, eventPage } from './views/event';
import { sendPage, sendPart } from './views/layout';
import { listPage, rows, type Found } from './views/list';
import { targetsPart } from './views/targets';

export interface ReadingOptions {
	store: Store;
	status: (key: string) => WorkerStatus | undefined;
	look: () => Promise<void>;
	canNotify: boolean;
	/** How long a paused target is kept new events for, in milliseconds. */
	keep: number;
	signatures: Pick<Signatures, 'wrong' | 'past'>;
}

type Query = Parameters<typeof readFilter>[0];

const ON_A_PAGE = 50;

/** What can be looked at: the list, one event, and the parts of both that refresh themselves. */
export function addReading(app: FastifyInstance, options: ReadingOptions): void {
	const { store, status, look, canNotify, keep, signatures } = options;
	const targets = () => ({ status, keep, signatures, now: Date.now() });
	const overviewNow = async () => (await Promise.all([store.overview(), look()]))[0];

	app.get<{ Querystring: Query }>('/', async (request, reply) => {
		const filter = readFilter(request.query);
		const [found, overview] = await Promise.all([search(store, filter), overviewNow()]);
		const { words, session } = request;
		const context = { overview, session, words, ...targets() };
		const content = listPage({ filter, found, canNotify }, context);
		return await sendPage(request, reply, { content });
	});

	app.get('/live/targets', async ({ session, words }, reply) => {
		const overview = await overviewNow();
		const context = { overview, session, words, ...targets() };
		return await sendPart(reply, targetsPart(context));
	});

	app.get<{ Querystring: Query }>('/live/events', async ({ query, words }, reply) => {
		const filter = readFilter(query);
		const [found, overview] = await Promise.all([search(store, filter), store.overview()]);
		return await sendPart(reply, rows({ filter, found }, { overview, words, status }));
	});

	app.get<{ Params: { id: string } }>('/events/:id', async (request, reply) => {
		const { words, session } = request;
		const event = await store.find(request.params.id);
		if (event === undefined) {
			return await sendPage(request, reply.code(404), { problem: words.errors.missing });
		}
		const overview = await overviewNow();
		const title = event.callId ?? event.event ?? words.list.unnamed;
		const content = eventPage({ event, overview, status, session, words });
		return await sendPage(request, reply, { title, content });
	});

	app.get<{ Params: { id: string } }>('/live/events/:id', async ({ params, ...request }, reply) => {
		const { session, words } = request;
		const [event, overview] = await Promise.all([store.find(params.id), overviewNow()]);
		if (event === undefined) return await reply.code(404).send();
		return await sendPart(reply, deliveries({ event, overview, status, session, words }));
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

async function search(store: Store, filter: Filter): Promise<Found> {
	const { text } = filter;
	// One more than is shown, to know whether there are more.
	const wanted = {
		...toEventFilter(filter),
		...(filter.before !== '' && { before: Number(filter.before) }),
		limit: ON_A_PAGE + 1,
	};
	if (text === '') return toPage(await store.search(wanted), null);
	const id = text.toLowerCase();
	if (EVENT_ID.test(id)) {
		const event = await store.find(id);
		return toPage(event === undefined ? [] : [event], null);
	}
	const { events, next } = await store.scan({ ...wanted, contains: text });
	if (next === null || events.length > ON_A_PAGE || filter.before !== '') {
		return toPage(events, next);
	}
	// A whole id or name has an index, however long ago it came.
	const older = await store.search({ ...wanted, text, before: next });
	return { events: [...events, ...older].slice(0, ON_A_PAGE), next, isComplete: false };
}

function toPage(events: EventSummary[], next: number | null): Found {
	const shown = events.slice(0, ON_A_PAGE);
	const last = shown.at(-1);
	return events.length > ON_A_PAGE && last !== undefined
		? { events: shown, next: last.sequence, isComplete: true }
		: { events: shown, next, isComplete: next === null };
}
