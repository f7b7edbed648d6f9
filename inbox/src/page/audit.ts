import type { FastifyRequest } from 'fastify';

import { log, type Fields } from '../log';

const FORWARDED_SHOWN = 100;

/** One line in the log for what somebody did on the page. A proxy says in `forwardedFor` for whom it asked; anybody can. */
export function logAction(
	{ ip, headers, session }: Pick<FastifyRequest, 'ip' | 'headers' | 'session'>,
	what: string,
	fields: Fields = {},
): void {
	const forwardedFor = headers['x-forwarded-for'];
	log.info(
		{
			...{ address: ip, session: session?.name },
			...(forwardedFor !== undefined && {
				forwardedFor: String(forwardedFor).slice(0, FORWARDED_SHOWN),
			}),
			...fields,
		},
		`On the page: ${what}.`,
	);
}
