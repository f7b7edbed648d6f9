import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';

import fastify, { type FastifyReply, type FastifyRequest } from 'fastify';

import { authenticate, deliveryId, isObject } from '../../nodes/KoeIq/core/authenticate';
import { readClaim, type Claim } from '../../nodes/KoeIq/core/claim';
import type { Envelope, Json } from '../../nodes/KoeIq/core/events';
import type { Answer, Refusal } from '../../nodes/KoeIq/core/refusals';
import { SIGNATURE_HEADER, type Secrets } from '../../nodes/KoeIq/core/signature';
import { Bodies, type BodyLimits } from './bodies';
import { Health } from './health';
import { logSometimes, type Fields } from './log';
import type { Metrics } from './metrics';
import { DOOR_REFUSALS } from './refusals';
import type { NewEvent, Store } from './store/store';

/* Milliseconds. */
const HEADERS_TIMEOUT = 15_000;
/** Of what is still sent after the answer: later than the limit for bodies, which has an answer of its own. */
const REQUEST_TIMEOUT = 70_000;
/** In which a sender that is cut off can read the answer. */
const LINGER = 1_000;

const JSON_TYPE = 'application/json; charset=utf-8';
const NOT_FOUND: Answer = { status: 404, body: { error: 'Not found' } };

export interface DoorOptions {
	secrets: Secrets;
	store: Pick<Store, 'add' | 'checkWritable'>;
	metrics: Pick<Metrics, 'received' | 'refused' | 'signed' | 'answered' | 'read'>;
	/** Called after each event that is new. */
	onStored: () => void;
	/** Called for each event that could not be stored. */
	onNotStored?: () => void;
	bodyLimits?: BodyLimits;
}

export type Door = ReturnType<typeof createDoor>;

/**
 * Where KoeIQ's requests come in: judges the claim before it reads the body, and answers 200 once the event is on disk.
 */
export function createDoor(options: DoorOptions) {
	const { secrets, store, metrics, onStored, onNotStored, bodyLimits } = options;
	const bodies = new Bodies(bodyLimits);
	const health = new Health(() => store.checkWritable());

	const note = ({ code, status, reason }: Refusal, fields: Fields = {}) => {
		metrics.refused(code);
		logSometimes(code, { code, status, ...fields }, `Refused a request: ${reason}`);
	};
	const refuse = (reply: FastifyReply, refusal: Refusal, fields?: Fields) => {
		note(refusal, fields);
		if (refusal.code === 'timedOut') closeAfter(reply);
		return send(reply, refusal);
	};

	const door = fastify({
		requestTimeout: REQUEST_TIMEOUT,
		http: { headersTimeout: HEADERS_TIMEOUT, connectionsCheckingInterval: 5_000 },
		forceCloseConnections: 'idle',
		// What came in before the stop is still stored.
		return503OnClosing: false,
		// Whatever path KoeIQ was given, readable or not.
		rewriteUrl: ({ method, url = '/' }) => (method === 'POST' ? '/' : url),
		frameworkErrors: (_error, _request, reply) => void send(reply, NOT_FOUND),
		clientErrorHandler: (error, socket) => {
			if (error.code === 'ECONNRESET' || !socket.writable) {
				socket.destroy();
				return;
			}
			const refusal = brokenRequest(error.code);
			// A body that breaks off is noted by the request that reads it.
			if (refusal.code !== 'unreadable') note(refusal);
			answer(socket, refusal);
		},
	});
	// Fastify leaves bodies alone: they are read here, once the headers are right and there is memory for them.
	door.addHttpMethod('POST', { hasBody: false, overrideExisting: true });

	const receive = async (request: FastifyRequest, reply: FastifyReply) => {
		const { raw } = request;
		const claim = readClaim(raw.rawHeaders);
		if (claim.outcome === 'refused') return refuse(reply, claim);
		if (isEncoded(raw.headers['content-encoding'])) {
			return refuse(reply, DOOR_REFUSALS.compressed);
		}
		const body = await bodies.read(raw);
		if (body.outcome === 'refused') return refuse(reply, body);
		try {
			return await take(request, reply, claim, body.bytes);
		} finally {
			body.release();
		}
	};

	const take = async (
		{ raw: { headers } }: FastifyRequest,
		reply: FastifyReply,
		claim: Claim,
		body: Buffer,
	) => {
		const authentic = authenticate(claim, body, secrets);
		if (authentic.outcome === 'refused') return refuse(reply, authentic);
		metrics.signed(authentic.signedWith);
		const id = deliveryId(body);
		const event: NewEvent = {
			id,
			receivedAt: Date.now(),
			body,
			contentType: headers['content-type'] ?? null,
			signature: String(headers[SIGNATURE_HEADER]),
			...findable(authentic.envelope),
		};
		let isNew: boolean;
		try {
			isNew = (await store.add(event)) === 'stored';
		} catch (error) {
			onNotStored?.();
			return refuse(reply, DOOR_REFUSALS.notStored, { error: String(error) });
		}
		if (!isNew) return sendJson(reply, `{"received":true,"id":"${id}","duplicate":true}`);
		metrics.received();
		onStored();
		return sendJson(reply, `{"received":true,"id":"${id}"}`);
	};

	door.post(
		'/',
		{
			onResponse: async (_request, { statusCode, elapsedTime }) => {
				metrics.answered(statusCode, elapsedTime / 1000);
			},
		},
		receive,
	);
	door.get('/healthz', async (_request, reply) => {
		const problem = await health.check();
		if (problem === undefined) return sendJson(reply, '{"status":"ok"}');
		logSometimes('health', { error: problem }, 'Nothing can be stored');
		return send(reply, DOOR_REFUSALS.notStored);
	});
	door.get('/metrics', async (_request, reply) => {
		const { contentType, text } = await metrics.read();
		return await reply.type(contentType).send(text);
	});

	door.setNotFoundHandler((_request, reply) => send(reply, NOT_FOUND));
	door.setErrorHandler((error, _request, reply) =>
		refuse(reply, DOOR_REFUSALS.internal, { error: String(error) }),
	);
	return door;
}

/** Encodings that are none, and a charset that some senders write there. */
const NOT_ENCODED: ReadonlySet<string> = new Set(['', 'none', 'identity', 'utf-8']);

/** The signature is over what was signed; compressed, it is over other bytes, and n8n would inflate them. */
function isEncoded(contentEncoding: string | undefined): boolean {
	if (contentEncoding === undefined) return false;
	return !NOT_ENCODED.has(contentEncoding.trim().toLowerCase());
}

/** What Node could not read as HTTP, or only to a point. */
function brokenRequest(code: string | undefined): Refusal {
	if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return DOOR_REFUSALS.timedOut;
	// Headers were there: it broke off, or its chunks are none.
	const inBody = /^HPE_(INVALID_EOF_STATE|INVALID_CHUNK_SIZE|CHUNK_|STRICT)/.test(code ?? '');
	return inBody ? DOOR_REFUSALS.unreadable : DOOR_REFUSALS.malformed;
}

/** There is no reply if there is no request. The socket is destroyed: ended only, it would live as long as its sender. */
function answer(socket: Socket, { status, body }: Answer): void {
	const text = JSON.stringify(body);
	const head = [
		`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}`,
		`Content-Type: ${JSON_TYPE}`,
		`Content-Length: ${text.length}`,
		'Connection: close',
	];
	socket.end(`${head.join('\r\n')}\r\n\r\n${text}`, () => socket.destroy());
	destroyLater(socket);
}

function closeAfter(reply: FastifyReply): void {
	const { socket } = reply.request.raw;
	reply.header('connection', 'close').raw.once('finish', () => socket.destroy());
	destroyLater(socket);
}

/** For a sender that does not read the answer either. */
function destroyLater(socket: Socket): void {
	setTimeout(() => socket.destroy(), LINGER).unref();
}

function send(reply: FastifyReply, { status, body }: Answer): FastifyReply {
	return sendJson(reply.code(status), JSON.stringify(body));
}

function sendJson(reply: FastifyReply, text: string): FastifyReply {
	return reply.type(JSON_TYPE).send(text);
}

/** By what an event is found again. */
function findable(envelope: Envelope): Pick<NewEvent, 'event' | 'callId' | 'voicelogId'> {
	const { event, data } = envelope;
	const fields: Envelope = isObject(data) ? data : {};
	return {
		event: toText(event),
		callId: toText(fields.call_id),
		voicelogId: toText(fields.voicelog_id),
	};
}

/** Long texts are nobody's id, and an index of them would be as large as the events. PostgreSQL's texts have no NUL. */
function toText(value: Json | undefined): string | null {
	return typeof value === 'string' ? value.slice(0, 200).replaceAll('\0', '') : null;
}
