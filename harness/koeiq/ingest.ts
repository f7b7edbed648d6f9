import { createHash, randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

import busboy from 'busboy';

import type { Started } from '../disposal';
import { SAMPLES } from './samples';
import { deliver } from './sender';

/*
 * A stand-in of KoeIQ, made from its public pages: the Ingest API takes recordings, and events come back. What the
 * pages leave open (the form of errors, the order of checks) is a guess of ours.
 */

/** A recording as it arrived. */
export interface Upload {
	voicelog_id: string;
	/** The text fields that were sent. */
	fields: Record<string, string>;
	file: { name: string; type: string; size: number; sha256: string };
	headers: IncomingMessage['headers'];
}

interface IngestAnswer {
	status: number;
	body: unknown;
	headers?: Record<string, string>;
	/** Answers before the body is read, and throws the body away, as a proxy can. */
	early?: boolean;
}

export interface StartedIngest extends Started {
	/** To use as the credential's base URL. */
	url: string;
	/** The recordings it accepted, oldest first. */
	uploads: Upload[];
	/** How many requests came, accepted or not. */
	requests: number;
	/** Answers that the next requests get instead, one each; `'hang up'` gives none. */
	next: Array<IngestAnswer | 'hang up'>;
	/** Where the events of each recording go, and the secret to sign them with; no events without it. */
	webhook?: { url: string; secret: string };
}

type IngestOptions = { apiKey: string } & Pick<StartedIngest, 'webhook'>;

/** Starts a stand-in of KoeIQ on 127.0.0.1. */
export async function startIngest({ apiKey, webhook }: IngestOptions): Promise<StartedIngest> {
	const sending = new Set<Promise<void>>();
	const server = createServer((request, response) => {
		void handle(request, response).catch((error: unknown) => {
			response.destroy(error instanceof Error ? error : undefined);
		});
	});
	// A slow line may take its time over 500 MB.
	server.requestTimeout = 0;
	server.listen(0, '127.0.0.1');
	await new Promise((resolve) => server.once('listening', resolve));

	const stop = async () => {
		server.closeAllConnections();
		await new Promise((resolve) => server.close(resolve));
		await Promise.allSettled(sending);
	};
	const koeIq: StartedIngest = {
		url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
		uploads: [],
		requests: 0,
		next: [],
		webhook,
		stop,
		[Symbol.asyncDispose]: stop,
	};
	return koeIq;

	async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
		koeIq.requests += 1;
		const told = koeIq.next.shift();
		if (told === 'hang up') {
			request.socket.destroy();
			return;
		}
		const refusal = told ?? refuse(request);
		if (refusal !== undefined) request.resume();
		if (refusal !== undefined && !refusal.early) {
			await new Promise((resolve) => request.once('end', resolve));
		}
		const { status, body, headers } = refusal ?? (await accept(request));
		const text = typeof body === 'string' ? body : JSON.stringify(body);
		response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(text);
	}

	/** What the head of a request is refused for. */
	function refuse({ method, url, headers }: IncomingMessage): IngestAnswer | undefined {
		if (method !== 'POST' || url !== '/api/ingest/upload') return refusal(404, 'Not Found');
		return headers['x-api-key'] === apiKey ? undefined : refusal(401, 'Invalid API key');
	}

	async function accept(request: IncomingMessage): Promise<IngestAnswer> {
		const { fields, file } = await readForm(request);
		if (file === undefined) return refusal(422, [{ loc: ['body', 'file'], msg: 'Field required' }]);
		const { call_id: callId } = fields;
		if (callId !== undefined && koeIq.uploads.some((known) => known.fields.call_id === callId)) {
			return refusal(409, `call_id already exists: ${callId}`);
		}
		const voicelog_id = `vl_${randomUUID().slice(0, 8)}`;
		const upload: Upload = { voicelog_id, fields, file, headers: request.headers };
		koeIq.uploads.push(upload);
		if (koeIq.webhook !== undefined) {
			const sent = sendEvents(upload, koeIq.webhook);
			sending.add(sent);
			void sent.finally(() => sending.delete(sent));
		}
		return { status: 200, body: { voicelog_id, status: 'queued' } };
	}
}

function refusal(status: number, detail: unknown): IngestAnswer {
	return { status, body: { detail } };
}

/** Reads a multipart form as a stream: of a file, only its digest stays. */
async function readForm(
	request: IncomingMessage,
): Promise<{ fields: Upload['fields']; file?: Upload['file'] }> {
	const fields: Upload['fields'] = {};
	let file: Upload['file'] | undefined;
	const form = busboy({ headers: request.headers, defParamCharset: 'utf8' });
	form.on('field', (name, value) => {
		fields[name] = value;
	});
	form.on('file', (_, stream, { filename: name, mimeType: type }) => {
		const hash = createHash('sha256');
		let size = 0;
		stream.on('data', (chunk: Buffer) => {
			hash.update(chunk);
			size += chunk.length;
		});
		stream.on('end', () => {
			file = { name, type, size, sha256: hash.digest('hex') };
		});
	});
	await new Promise((resolve, reject) => {
		form.once('close', resolve);
		form.once('error', reject);
		request.once('error', reject);
		request.pipe(form);
	});
	return { fields, file };
}

/** The reference's three events, with the fields that come back; KoeIQ takes one to two times the call's length. */
async function sendEvents(
	{ voicelog_id, fields, file }: Upload,
	{ url, secret }: { url: string; secret: string },
): Promise<void> {
	const { call_id = file.name, operator_id = null, department = null, language = 'ja-JP' } = fields;
	const call = { voicelog_id, call_id };
	// It goes in as a date-time, and comes back as a date.
	const call_date = fields.call_date?.slice(0, 10) ?? null;
	const more = {
		'transcription.completed': { ...call, operator_id, department, language, call_date },
		'analytics.completed': call,
		'alert.triggered': { ...call, operator_id },
	};
	await sleep(50);
	for (const sample of Object.values(SAMPLES)) {
		const data = { ...sample.data, ...more[sample.event] };
		const event = { ...sample, timestamp: new Date().toISOString(), data };
		await deliver(url, secret, JSON.stringify(event));
	}
}
