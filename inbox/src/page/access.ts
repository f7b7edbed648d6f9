import { timingSafeEqual } from 'node:crypto';

import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

import { logSometimes } from '../log';
import { logAction } from './audit';
import { PasswordCheck } from './password';
import { Sessions, type Session } from './sessions';
import { sendPage } from './views/layout';
import { signInForm } from './views/sign-in';

const COOKIE = 'koeiq_inbox_session';

/**
 * Lets in whoever has signed in, and changes nothing that a form of this page did not ask for: the cookie goes along
 * with requests of other ports on this host too, the form's token does not.
 */
export function guard(app: FastifyInstance, password: string): void {
	const sessions = new Sessions();
	const check = new PasswordCheck(password);
	let wrong = 0;

	app.addHook('onRequest', async (request, reply) => {
		request.session = sessions.find(readCookie(request));
		const { isPublic = false } = request.routeOptions.config;
		if (request.session === undefined && !isPublic) return await reply.redirect('/sign-in', 303);
	});

	app.addHook<{ Body?: URLSearchParams }>('preHandler', async (request, reply) => {
		const { session, words } = request;
		if (request.method !== 'POST' || session === undefined) return;
		if (!isToken(request.body?.get('token'), session)) {
			return await sendPage(request, reply.code(403), { problem: words.errors.form });
		}
	});

	app.get('/sign-in', { config: { isPublic: true } }, async (request, reply) => {
		if (request.session !== undefined) return await reply.redirect('/', 303);
		return await sendPage(request, reply, { content: signInForm(request.words) });
	});

	app.post<{ Body: URLSearchParams }>(
		'/sign-in',
		{ config: { isPublic: true } },
		async (request, reply) => {
			const { words, body } = request;
			if (await check.isRight(body.get('password') ?? '')) {
				const { id, session } = sessions.open();
				request.session = session;
				logAction(request, 'signed in');
				return await setCookie(request, reply, id).redirect('/', 303);
			}
			wrong += 1;
			const fields = { address: request.ip, wrong };
			logSometimes('sign-in', fields, 'Somebody gave a wrong password for the page');
			return await sendPage(request, reply.code(401), {
				problem: words.signIn.wrong,
				content: signInForm(words),
			});
		},
	);

	app.post('/sign-out', async (request, reply) => {
		sessions.close(readCookie(request));
		logAction(request, 'signed out');
		return await setCookie(request, reply, '').redirect('/sign-in', 303);
	});
}

function readCookie(request: FastifyRequest): string {
	const cookies = (request.headers.cookie ?? '').split(/; */);
	return cookies.find((cookie) => cookie.startsWith(`${COOKIE}=`))?.slice(COOKIE.length + 1) ?? '';
}

function setCookie(request: FastifyRequest, reply: FastifyReply, id: string): FastifyReply {
	// A proxy ends the TLS; without one the page is on plain HTTP, where a secure cookie would be dropped.
	const secure = request.headers['x-forwarded-proto'] === 'https' ? '; Secure' : '';
	return reply.header('set-cookie', `${COOKIE}=${id}; Path=/; HttpOnly; SameSite=Strict${secure}`);
}

function isToken(token: string | null | undefined, session: Session): boolean {
	const given = Buffer.from(token ?? '');
	const expected = Buffer.from(session.token);
	return given.length === expected.length && timingSafeEqual(given, expected);
}
