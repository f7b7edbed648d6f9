import type { Socket } from 'node:net';

import fastify, { type FastifyReply, type FastifyRequest } from 'fastify';

import { readClaim, type Claim } from '../../nodes/KoeIq/core/claim';
import type { Envelope, Json } from '../../nodes/KoeIq/core/events';
import { judge } from '../../nodes/KoeIq/core/judge';
import { REFUSALS, type Answer, type Refusal } from '../../nodes/KoeIq/core/refusals';
import type { Secrets } from '../../nodes/KoeIq/core/signature';
import { log, logSometimes } from './log';
import type { Metrics } from './metrics';
import type { NewEvent, Store } from './store/store';

/** As n8n's own. */
const BODY_LIMIT = 16 * 1024 * 1024;
/** Milliseconds in which a request has to be there, headers first: a sender that dawdles holds nothing open. */
const HEADERS_TIMEOUT = 15_000;
const REQUEST_TIMEOUT = 60_000;

/** The trigger's refusals, and those that only this door has. The names are the metric's label. */
const REASONS = {
	...REFUSALS,
	compressed: {
		...REFUSALS.multipart,
		reason: 'its body is compressed, so its bytes are not those that were signed',
	},
	notStored: {
		outcome: 'refused',
		status: 503,
		body: { error: 'Could not store the event' },
		reason: 'it could not be stored',
	},
	malformed: {
		outcome: 'refused',
		status: 400,
		body: { error: 'Bad request' },
		reason: 'it is not HTTP',
	},
	timedOut: {
		outcome: 'refused',
		status: 408,
		body: { error: 'Request timed out' },
		reason: 'it took too long to come',
	},
} satisfies Record<string, Refusal>;

const NOT_FOUND: Answer = { status: 404, body: { error: 'Not found' } };
const INTERNAL_ERROR: Answer = { status: 500, body: { error: 'Internal error' } };

export interface DoorOptions {
	secrets: Secrets;
	store: Store;
	metrics: Metrics;
	/** Called after each event that is new. */
	onStored: () => void;
}

declare module 'fastify' {
	interface FastifyRequest {
		claim: Claim | undefined;
		contentType: string | undefined;
	}
}

export type Door = ReturnType<typeof createDoor>;

/**
 * Where KoeIQ's requests come in: judges the claim before it reads the body, and answers 200 once the event is on disk.
 */
export function createDoor({ secrets, store, metrics, onStored }: DoorOptions) {
	const note = (refusal: Refusal, detail = '') => {
		metrics.refused(nameOf(refusal));
		logSometimes(refusal.reason, `Refused (${refusal.status}): ${refusal.reason}${detail}.`);
	};
	const refuse = (reply: FastifyReply, refusal: Refusal, detail?: string) => {
		note(refusal, detail);
		// Node drops what is still to come of the body: a sender that is cut off in the middle would not read the answer.
		return send(reply.removeHeader('connection'), refusal);
	};

	const door = fastify({
		bodyLimit: BODY_LIMIT,
		requestTimeout: REQUEST_TIMEOUT,
		http: { headersTimeout: HEADERS_TIMEOUT, connectionsCheckingInterval: 5_000 },
		exposeHeadRoutes: false,
		forceCloseConnections: 'idle',
		// Whatever path KoeIQ was given, readable or not.
		rewriteUrl: ({ method, url = '/' }) => (method === 'POST' ? '/' : url),
		frameworkErrors: (_error, _request, reply) => void send(reply, NOT_FOUND),
		clientErrorHandler: (error, socket) => {
			if (error.code === 'ECONNRESET' || !socket.writable) {
				socket.destroy();
				return;
			}
			const refusal = brokenRequest(error.code);
			note(refusal);
			answer(socket, refusal);
		},
	});

	door.removeAllContentTypeParsers();
	door.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => {
		done(null, body);
	});
	door.decorateRequest('claim', undefined);
	door.decorateRequest('contentType', undefined);

	door.post('/', {
		onRequest: async (request, reply) => {
			const claim = readClaim(request.raw.rawHeaders);
			const refusal =
				claim.outcome === 'refused' ? claim : isEncoded(request) && REASONS.compressed;
			if (refusal) return await refuse(reply, refusal);
			if (claim.outcome === 'claim') request.claim = claim;
			// Fastify would refuse one that it cannot read; what is signed is stored, whatever it calls itself.
			request.contentType = request.raw.headers['content-type'];
			delete request.raw.headers['content-type'];
		},
		handler: async (request, reply) => {
			const { claim, contentType = null } = request;
			if (claim === undefined) return await send(reply, INTERNAL_ERROR);
			const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
			const receivedAt = Date.now();
			const verdict = judge(claim, { body, secrets, receivedAt });
			if (verdict.outcome === 'refused') return await refuse(reply, verdict);
			if (verdict.outcome === 'ignored') return await send(reply, INTERNAL_ERROR);

			const { id } = verdict.item.delivery;
			const signature = String(request.headers['x-koeiq-signature']);
			const event = { id, receivedAt, body, contentType, signature, ...findable(verdict.item) };
			try {
				const isNew = (await store.add(event)) === 'stored';
				if (!isNew) return await reply.send({ received: true, id, duplicate: true });
				metrics.received();
				onStored();
				return await reply.send({ received: true, id });
			} catch (error) {
				return await refuse(reply, REASONS.notStored, ` (${String(error)})`);
			}
		},
	});

	door.get('/healthz', async (_request, reply) => {
		try {
			await store.checkWritable();
			return await reply.send({ status: 'ok' });
		} catch (error) {
			logSometimes('health', `Nothing can be stored: ${String(error)}`);
			return await send(reply, REASONS.notStored);
		}
	});
	door.get('/metrics', async (_request, reply) => {
		const { contentType, text } = await metrics.read();
		return await reply.type(contentType).send(text);
	});

	door.setNotFoundHandler((_request, reply) => send(reply, NOT_FOUND));
	door.setErrorHandler((error: NodeJS.ErrnoException, _request, reply) => {
		if (error.code === 'FST_ERR_CTP_BODY_TOO_LARGE') return refuse(reply, REFUSALS.tooLarge);
		if (error.code === 'FST_ERR_CTP_INVALID_CONTENT_LENGTH' || error.code === 'ECONNRESET') {
			return refuse(reply, REFUSALS.unreadable);
		}
		log(`A request failed: ${String(error)}`);
		return send(reply, INTERNAL_ERROR);
	});
	return door;
}

function nameOf(refusal: Refusal): string {
	return Object.entries(REASONS).find(([, known]) => known === refusal)?.[0] ?? 'other';
}

/** The signature is over what was signed; compressed, it is over other bytes, and n8n would inflate them. */
function isEncoded({ headers }: FastifyRequest): boolean {
	const encoding = headers['content-encoding'] ?? 'identity';
	return encoding.trim().toLowerCase() !== 'identity';
}

/** What Node could not read as HTTP, or only to a point. */
function brokenRequest(code: string | undefined): Refusal {
	if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return REASONS.timedOut;
	// Headers were there: it broke off, or its chunks are none.
	const inBody = /^HPE_(INVALID_EOF_STATE|INVALID_CHUNK_SIZE|CHUNK_|STRICT)/.test(code ?? '');
	return inBody ? REFUSALS.unreadable : REASONS.malformed;
}

/** There is no reply where there is no request. */
function answer(socket: Socket, { status, body }: Answer): void {
	const text = JSON.stringify(body);
	socket.end(
		`HTTP/1.1 ${status} Error\r\nContent-Type: application/json\r\nContent-Length: ${text.length}\r\nConnection: close\r\n\r\n${text}`,
	);
}

function send(reply: FastifyReply, { status, body }: Answer): FastifyReply {
	return reply.code(status).send(body);
}

/** By what an event is found again. */
function findable(envelope: Envelope): Pick<NewEvent, 'event' | 'callId' | 'voicelogId'> {
	const data: Json = envelope['data'] ?? null;
	const fields = typeof data === 'object' && data !== null && !Array.isArray(data) ? data : {};
	return {
		event: toText(envelope['event']),
		callId: toText(fields['call_id']),
		voicelogId: toText(fields['voicelog_id']),
	};
}

/** Long texts are nobody's id, and an index of them would be as large as the events. PostgreSQL's texts have no NUL. */
function toText(value: Json | undefined): string | null {
	return typeof value === 'string' ? value.slice(0, 200).replaceAll('\0', '') : null;
}
