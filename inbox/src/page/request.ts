import type { FastifyInstance, FastifyReply } from 'fastify';

import type { Session } from './sessions';
import { chooseWords } from './words/choose';
import type { Words } from './words/en';

declare module 'fastify' {
	interface FastifyContextConfig {
		/** Served without signing in. */
		isPublic?: boolean;
	}
	interface FastifyRequest {
		/** Undefined only on what is there without signing in. */
		session: Session | undefined;
		words: Words;
	}
}

/** `delivery.id` of an item in n8n. */
export const EVENT_ID = /^[0-9a-f]{64}$/;

/** A query, as Fastify is to parse it: each name once, as text. */
export function parseQuery(text: string): Record<string, string> {
	return Object.fromEntries(parse(text));
}

/** What every answer of the page has, and what every request is read into. */
export function prepare(app: FastifyInstance): void {
	app.decorateRequest('session', undefined);
	app.decorateRequest('words');
	app.addHook('onRequest', async (request, reply) => {
		request.words = chooseWords(request.headers['accept-language']);
		reply.headers(HEADERS);
	});
	// Forms are all that the page accepts; a POST without one has an empty one.
	app.removeAllContentTypeParsers();
	app.addContentTypeParser(
		'application/x-www-form-urlencoded',
		{ parseAs: 'string' },
		async (_request: unknown, body: string) => parse(body),
	);
	app.addHook<{ Params: { id?: string } }>('preValidation', async (request, reply) => {
		request.body ??= new URLSearchParams();
		const { id } = request.params;
		if (id !== undefined && !EVENT_ID.test(id)) reply.callNotFound();
	});
}

/** Answers what is not even a URL: there is no request yet, so no language either. */
export function refuseUrl(reply: FastifyReply): void {
	void reply.code(400).headers(HEADERS).type('text/plain').send('Bad request');
}

/** Less NULs, which are in no id and which PostgreSQL cannot be asked for. */
function parse(text: string): URLSearchParams {
	return new URLSearchParams(text.replaceAll(/%00|\0/g, ''));
}

/** Nothing from elsewhere runs, nothing here is framed, kept or told to another site. */
const HEADERS = {
	'content-security-policy': [
		"default-src 'none'",
		"script-src 'self'",
		"style-src 'self'",
		"img-src 'self'",
		"connect-src 'self'",
		"form-action 'self'",
		"frame-ancestors 'none'",
		"base-uri 'none'",
	].join('; '),
	'x-content-type-options': 'nosniff',
	'referrer-policy': 'no-referrer',
	'cache-control': 'no-store',
	'cross-origin-opener-policy': 'same-origin',
	'cross-origin-resource-policy': 'same-origin',
	vary: 'Accept-Language, Cookie',
};
