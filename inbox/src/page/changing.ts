import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

import type { WorkerStatus } from '../delivery/worker';
import type { Store } from '../store/store';
import { logAction } from './audit';
import { sendTo, type UrlAnswer } from './send-to';
import { randomId, type Notice } from './sessions';
import { causeOf, troubleOf } from './views/causes';
import { sendPage } from './views/layout';
import { isSentTo } from './views/parts';
import type { Words } from './words/en';

interface Form {
	Params: { id: string };
	Body: URLSearchParams;
}

export interface ChangingOptions {
	store: Store;
	status: (key: string) => WorkerStatus | undefined;
	onTargetsChanged: () => Promise<void>;
	sendTestNotice: (() => Promise<string | undefined>) | undefined;
}

/** What can be done: with one event, and with everything of a target. Each says afterwards what it did, also in the log. */
export function addChanging(
	app: FastifyInstance,
	{ store, status, onTargetsChanged, sendTestNotice }: ChangingOptions,
): void {
	const isHeld = (key: string) => troubleOf(status(key))?.isStopped === true;

	app.post<Form>('/events/:id/send', async (request, reply) => {
		const { id } = request.params;
		const { notices, errors } = request.words;
		const event = await store.find(id);
		if (event === undefined) {
			return await sendPage(request, reply.code(404), { problem: errors.missing });
		}
		const chosen = field(request, 'target');
		const current = (await store.overview()).filter(isSentTo);
		const targets = current.filter(({ key }) => chosen === '' || key === chosen);
		if (targets.length === 0) {
			return await tell(request, reply, `/events/${id}`, problem(notices.noTarget));
		}
		for (const { key } of targets) await store.sendAgain(id, key);
		const urls = targets.map(({ url }) => url).join(' ');
		logAction(request, 'sent an event again', { event: id, targets: urls });
		const isIgnored = event.deliveries.some(
			(one) => one.isIgnored && targets.some(({ key }) => key === one.target.key),
		);
		const held = targets.filter(({ key }) => isHeld(key)).length;
		const said = [
			held < targets.length && notices.queued(targets.length - held),
			held > 0 && notices.held(held),
			isIgnored && notices.ignores,
		];
		return await tell(request, reply, `/events/${id}`, done(said.filter(Boolean).join(' ')));
	});

	app.post<Form>('/events/:id/send-to', async (request, reply) => {
		const { params, session, words } = request;
		const event = await store.find(params.id);
		if (event === undefined) {
			return await sendPage(request, reply.code(404), { problem: words.errors.missing });
		}
		const url = field(request, 'url').trim();
		if (session !== undefined) session.lastUrl = url;
		const answer = await sendTo(url, event);
		if (answer.outcome !== 'noUrl') {
			logAction(request, 'sent an event to a URL', { event: event.id, url });
		}
		return await tell(request, reply, `/events/${event.id}`, describe(answer, url, words));
	});

	app.post<Form>('/events/:id/discard', async (request, reply) => {
		const { id } = request.params;
		const target = field(request, 'target');
		const events = await store.discard(target, id);
		logAction(request, 'discarded an event', { event: id, target, events });
		const notice = done(request.words.notices.discarded(events));
		return await tell(request, reply, `/events/${id}`, notice);
	});

	app.post<Form>('/targets/send-failed', async (request, reply) => {
		const target = field(request, 'target');
		const events = await store.sendFailedAgain(target);
		logAction(request, 'sent again what failed', { target, events });
		const { failedHeld, failedQueued } = request.words.notices;
		const said = isHeld(target) ? failedHeld(events) : failedQueued(events);
		return await tell(request, reply, '/', done(said));
	});

	app.post<Form>('/targets/discard-failed', async (request, reply) => {
		const target = field(request, 'target');
		const events = await store.discardFailed(target);
		logAction(request, 'discarded what failed', { target, events });
		return await tell(request, reply, '/', done(request.words.notices.discarded(events)));
	});

	app.post<Form>('/targets/move', async (request, reply) => {
		const [target, to] = [field(request, 'target'), field(request, 'to')];
		const events = await store.move(target, to);
		logAction(request, 'moved events', { target, to, events });
		return await tell(request, reply, '/', done(request.words.notices.moved(events)));
	});

	app.post<Form>('/targets/forget', async (request, reply) => {
		const { notices } = request.words;
		const key = field(request, 'target');
		const target = (await store.targets()).find((one) => one.key === key);
		if (target === undefined || target.isSet) {
			return await tell(request, reply, '/', problem(notices.notForgotten));
		}
		const events = await store.forget(key);
		logAction(request, 'forgot a target', { target: target.url, name: target.name, events });
		await onTargetsChanged();
		return await tell(request, reply, '/', done(notices.forgotten(events)));
	});

	app.post<Form>('/targets/discard', async (request, reply) => {
		const target = field(request, 'target');
		const events = await store.discard(target);
		logAction(request, 'discarded what a target has not got', { target, events });
		return await tell(request, reply, '/', done(request.words.notices.discarded(events)));
	});

	if (sendTestNotice !== undefined) {
		app.post<Form>('/notify-test', async (request, reply) => {
			const { notify } = request.words;
			const refused = await sendTestNotice();
			logAction(request, 'sent a test notice', { refused });
			const notice =
				refused === undefined
					? done(notify.accepted)
					: { ...problem(notify.refused), answer: refused };
			return await tell(request, reply, '/', notice);
		});
	}
}

type Said = Omit<Notice, 'id'>;

function done(text: string): Said {
	return { text, isProblem: false };
}

function problem(text: string): Said {
	return { text, isProblem: true };
}

function describe(answer: UrlAnswer, url: string, words: Words): Said {
	const { notices } = words;
	switch (answer.outcome) {
		case 'noUrl':
			return problem(notices.noUrl);
		case 'unreachable':
			return problem(notices.unreachable(answer.reason));
		case 'answered': {
			const { status, milliseconds, text } = answer;
			const said = `${notices.answered(status, milliseconds)} ${meaningOf(answer, url, words)}`;
			return { text: said, isProblem: status >= 300, answer: text };
		}
	}
}

function meaningOf(
	{ status, text }: UrlAnswer & { outcome: 'answered' },
	url: string,
	{ notices, causes }: Words,
): string {
	if (status === 200) return /"ignored":\s*true/.test(text) ? notices.notSelected : '';
	if (status === 404) return notices.notListening;
	if (status !== 401) return '';
	const { origin } = new URL(url);
	const { what, advice } = causes({ origin, isSet: false })[causeOf(`${status} ${text}`)];
	return `${what} ${advice}`;
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
