import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type { FastifyInstance } from 'fastify';

import { checkAddress } from './address';
import type { ApiOptions } from './api';
import { Ended, ErrorAnswer, KeyParams, Listening, Replayed } from './schemas';
import { checkSignature } from './signature';
import { readTargetUrl } from './targets';

type Options = Pick<ApiOptions, 'listeners' | 'secrets' | 'readUrl' | 'findDeadEnd'>;

/** Workflows that are being built, and want an event to build with. */
export function addListeners(
	plain: FastifyInstance,
	{ listeners, secrets, readUrl, findDeadEnd }: Options,
): void {
	const app = plain.withTypeProvider<TypeBoxTypeProvider>();
	const toUrl = readUrl({ isTest: true });

	app.put(
		'/api/v1/listeners/:key',
		{
			schema: {
				summary: 'Sends one event to a Test URL: the latest stored one, or the next',
				...{ params: KeyParams, body: Listening },
				response: { 200: Replayed, 400: ErrorAnswer, 409: ErrorAnswer },
			},
		},
		async (request, { raw }) => {
			checkSignature(request, secrets);
			const { replay = 'none', seconds = 120, mustAnswer = false } = request.body;
			const url = readTargetUrl(toUrl, request.body.url);
			if (mustAnswer) await checkAddress(url, findDeadEnd);
			const listening = { url, replay, milliseconds: seconds * 1000 };
			const gone = new AbortController();
			raw.once('close', () => {
				gone.abort();
			});
			const { key } = request.params;
			return { replayed: await listeners.start(key, listening, gone.signal) };
		},
	);

	app.delete(
		'/api/v1/listeners/:key',
		{ schema: { summary: 'Ends it', params: KeyParams, response: { 200: Ended } } },
		async ({ params: { key } }) => ({ ended: listeners.end(key) }),
	);
}
