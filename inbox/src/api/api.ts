import swagger from '@fastify/swagger';
import type { TSchema } from '@sinclair/typebox';
import { fastify, type FastifyInstance, type FastifyReply } from 'fastify';
import type { OpenAPIV3_1 } from 'openapi-types';

import type { Secrets } from '../../../nodes/KoeIq/core/signature';
import { version } from '../../package.json';
import type { Listeners } from '../delivery/listeners';
import type { Reader } from '../settings/variables';
import type { Store } from '../store/store';
import { requireKey } from './access';
import { ApiError, answerErrors } from './errors';
import { addEvents } from './events';
import { addListeners } from './listeners';
import { About, ErrorAnswer } from './schemas';
import { addTargets } from './targets';

declare module 'fastify' {
	interface FastifyRequest {
		/** The bytes of the body, which a signature is over. */
		rawBody: Buffer;
	}
}

export interface ApiOptions {
	store: Store;
	/** What a request has to bring as its bearer token. */
	apiKey: string;
	/** By which a trigger signs its registration. */
	secrets: Secrets;
	listeners: Pick<Listeners, 'start' | 'end'>;
	/** Reads the URL of a trigger, or with `isTest` also a Test URL. */
	readUrl: (options: { isTest: boolean }) => Reader<string>;
	/** Why nobody can be at a URL, in words; undefined unless that is certain. */
	findDeadEnd: (url: string) => Promise<string | undefined>;
	/** Called after a change, with the key of a target that registers; resolved once nothing more goes to one that gets nothing more. */
	onTargetsChanged: (registered?: string) => Promise<void>;
	/** Called when deliveries wait that did not before. */
	onSent: () => void;
}

/** In bytes: a name and a URL. */
const BODY_LIMIT = 64 * 1024;
/** A key of 200 characters, each of four bytes, URL-encoded. */
const MAX_PARAM_LENGTH = 200 * 4 * 3;
const ABOUT = { name: 'koeiq-inbox', version } as const;

const EMPTY = Buffer.alloc(0);
const utf8 = new TextDecoder('utf-8', { fatal: true });

/** The inbox's API: who gets events, what has come, and sending it again. The caller listens. */
export function createApi(options: ApiOptions): FastifyInstance {
	const app = fastify({
		bodyLimit: BODY_LIMIT,
		forceCloseConnections: true,
		routerOptions: { maxParamLength: MAX_PARAM_LENGTH },
		// What is sent is not bent until it fits.
		ajv: { customOptions: { coerceTypes: false, removeAdditional: false } },
		frameworkErrors: (_error, _request, reply) => {
			refuseUrl(reply);
		},
	});
	answerErrors(app);
	app.decorateRequest('rawBody');
	app.addHook('onRequest', async (request, reply) => {
		request.rawBody = EMPTY;
		reply.header('cache-control', 'no-store');
	});
	requireKey(app, options.apiKey);
	app.removeAllContentTypeParsers();
	app.addContentTypeParser(
		'application/json',
		{ parseAs: 'buffer' },
		async (request: { rawBody: Buffer }, body: Buffer) => {
			request.rawBody = body;
			return body.length === 0 ? undefined : parse(body);
		},
	);

	void app.register(swagger, { openapi: DOCUMENT });
	void app.register(async (routes) => {
		routes.addHook('onRoute', ({ schema }) => {
			if (isAnswers(schema?.response)) schema.response[401] = ErrorAnswer;
		});
		routes.get(
			'/api/v1',
			{
				schema: {
					summary: 'Tells that the key is right',
					response: { 200: About },
				},
			},
			async () => ABOUT,
		);
		routes.get('/api/v1/openapi.json', { schema: { hide: true } }, async () => app.swagger());
		addTargets(routes, options);
		addListeners(routes, options);
		addEvents(routes, options);
	});
	return app;
}

function isAnswers(response: unknown): response is Record<number, TSchema> {
	return typeof response === 'object' && response !== null;
}

function refuseUrl(reply: FastifyReply): void {
	void reply.code(400).send({ error: 'The path is not URL-encoded, or too long' });
}

const DOCUMENT: Partial<OpenAPIV3_1.Document> = {
	openapi: '3.1.0',
	info: {
		title: 'KoeIQ Inbox',
		version,
		description: 'Who gets events, what has come, and sending it again.',
	},
	components: { securitySchemes: { key: { type: 'http', scheme: 'bearer' } } },
	security: [{ key: [] }],
};

/** @throws {ApiError} */
function parse(body: Buffer): unknown {
	try {
		return JSON.parse(utf8.decode(body));
	} catch {
		throw new ApiError(400, 'The body is not JSON');
	}
}
