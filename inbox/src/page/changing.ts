import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

import { log } from '../log';
import type { Store } from '../store/store';
import { sendTo, type UrlAnswer } from './send-to';
import { randomId, type Notice } from './sessions';
import { sendPage } from './views/layout';
import { isSentTo } from './views/parts';
import type { Words } from './words/en';

interface Form {
	Params: { id: string };
	Body: URLSearchParams;
}

/** What can be done: with one event, and with everything of a target. Each says afterwards what it did. */
export function addChanging(
	app: FastifyInstance,
	store: Store,
	onTargetsChanged: () => Promise<void>,
): void {
	app.post<Form>('/events/:id/send', async (request, reply) => {
		const { id } = request.params;
		const { notices } = request.words;
		const chosen = field(request, 'target');
		const current = (await store.overview()).filter(isSentTo);
		const targets = current.filter(({ key }) => chosen === '' || key === chosen);
		for (const { key } of targets) await store.sendAgain(id, key);
		const notice =
			targets.length === 0 ? problem(notices.noTarget) : done(notices.queued(targets.length));
		return await tell(request, reply, `/events/${id}`, notice);
	});

	app.post<Form>('/events/:id/send-to', async (request, reply) => {
		const { params, session, words } = request;
		const event = await store.find(params.id);
		if (event === undefined) {
			return await sendPage(request, reply.code(404), { problem: words.errors.missing });
		}
		const url = field(request, 'url').trim();
		if (session !== undefined) session.lastUrl = url;
		const notice = describe(await sendTo(url, event), words);
		return await tell(request, reply, `/events/${event.id}`, notice);
	});

	app.post<Form>('/events/:id/discard', async (request, reply) => {
		const { id } = request.params;
		const count = await store.discard(field(request, 'target'), id);
		return await tell(
			request,
			reply,
			`/events/${id}`,
			done(request.words.notices.discarded(count)),
		);
	});

	app.post<Form>('/targets/send-failed', async (request, reply) => {
		const count = await store.sendFailedAgain(field(request, 'target'));
		return await tell(request, reply, '/', done(request.words.notices.failedQueued(count)));
	});

	app.post<Form>('/targets/move', async (request, reply) => {
		const count = await store.move(field(request, 'target'), field(request, 'to'));
		return await tell(request, reply, '/', done(request.words.notices.moved(count)));
	});

	app.post<Form>('/targets/forget', async (request, reply) => {
		const { notices } = request.words;
		const key = field(request, 'target');
		const target = (await store.targets()).find((one) => one.key === key);
		if (target === undefined || target.isSet) {
			return await tell(request, reply, '/', problem(notices.notForgotten));
		}
		const count = await store.forget(key);
		log.info(
			{ target: target.url },
			`Forgotten: ${target.name || target.url}. ${count} events were discarded.`,
		);
		await onTargetsChanged();
		return await tell(request, reply, '/', done(notices.forgotten(count)));
	});

	app.post<Form>('/targets/discard', async (request, reply) => {
		const count = await store.discard(field(request, 'target'));
		return await tell(request, reply, '/', done(request.words.notices.discarded(count)));
	});
}

type Said = Omit<Notice, 'id'>;

function done(text: string): Said {
	return { text, isProblem: false };
}

function problem(text: string): Said {
	return { text, isProblem: true };
}

function describe(answer: UrlAnswer, { notices }: Words): Said {
	switch (answer.outcome) {
		case 'noUrl':
			return problem(notices.noUrl);
		case 'unreachable':
			return problem(notices.unreachable(answer.reason));
		case 'answered': {
			const { status, milliseconds, text } = answer;
			const hint = { 401: notices.rejected, 404: notices.notListening }[status] ?? '';
			const said = `${notices.answered(status, milliseconds)} ${hint}`;
			return { text: said, isProblem: status >= 300, answer: text };
		}
	}
}

function field({ body }: FastifyRequest<Form>, name: string): string {
	return body.get(name) ?? '';
}

/** Shows a page that can be reloaded without doing it again. */
async function tell(
	{ session }: FastifyRequest<Form>,
	reply: FastifyReply,
	path: string,
	said: Said,
): Promise<FastifyReply> {
	const id = randomId();
	if (session !== undefined) session.notice = { id, ...said };
	return await reply.redirect(`${path}?notice=${id}`, 303);
}
