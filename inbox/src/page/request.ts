import type { FastifyInstance } from 'fastify';

import type { Session } from './sessions';
import { chooseWords } from './words/choose';
import type { Words } from './words/en';

declare module 'fastify' {
	interface FastifyContextConfig {
		/** Whether it is there for those who have not signed in. */
		isOpen?: boolean;
	}
	interface FastifyRequest {
		/** Undefined only on what is there without signing in. */
		session: Session | undefined;
		words: Words;
	}
}

/** What every answer of the page has, and what every request is read into. */
export function prepare(app: FastifyInstance): void {
	app.decorateRequest('session', undefined);
	app.decorateRequest('words');
	app.addHook('onRequest', async (request, reply) => {
		request.words = chooseWords(request.headers['accept-language']);
		reply.headers(HEADERS);
	});
	// Forms are all that the page accepts.
	app.removeAllContentTypeParsers();
	app.addContentTypeParser(
		'application/x-www-form-urlencoded',
		{ parseAs: 'string' },
		async (_request: unknown, body: string) => new URLSearchParams(body),
	);
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
