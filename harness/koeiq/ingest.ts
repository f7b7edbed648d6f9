import { createHash, randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

import busboy from 'busboy';

import type { Started } from '../disposal';
import { processRecording, type Processing } from './processing';

/*
 * A stand-in of KoeIQ, made from its public pages: the Ingest API takes recordings, and events come back. What the
 * pages leave open (the form of errors, the order of checks, which requests are too many) is a guess of ours.
 */

/** Documented: 500 MB. Which kind of megabyte is not, so this is the larger. */
const MAXIMUM_BYTES = 500 * 1024 * 1024;
/** For the multipart form around the file. */
const OVERHEAD_BYTES = 64 * 1024;
const EXTENSION = /\.(wav|mp3|m4a|ogg)$/i;

export interface IngestOptions extends Processing {
	apiKey: string;
	port?: number;
}

/** A recording as it arrived. */
export interface Upload {
	voicelog_id: string;
	status: 'queued' | 'done';
	/** The text fields that were sent. */
	fields: Record<string, string>;
	file: { name: string; type: string; size: number; sha256: string };
	headers: IncomingMessage['headers'];
}

export interface IngestAnswer {
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
	/** How many more recordings the trial allows. */
	trialLeft: number;
	/** Where the events go; `undefined` sends none. */
	webhook: Processing['webhook'];
}

/** Starts a stand-in of KoeIQ on 127.0.0.1. */
export async function startIngest(options: IngestOptions): Promise<StartedIngest> {
	const underWay = new Set<Promise<void>>();
	const server = createServer((request, response) => {
		void handle(request, response).catch((error: unknown) => {
			response.destroy(error instanceof Error ? error : undefined);
		});
	});
	// A slow line may take its time over 500 MB.
	server.requestTimeout = 0;
	server.listen(options.port ?? 0, '127.0.0.1');
	await new Promise((resolve) => server.once('listening', resolve));

	const stop = async () => {
		server.closeAllConnections();
		await new Promise((resolve) => server.close(resolve));
		await Promise.allSettled(underWay);
	};
	const koeIq: StartedIngest = {
		url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
		uploads: [],
		requests: 0,
		next: [],
		trialLeft: Infinity,
		webhook: options.webhook,
		stop,
		[Symbol.asyncDispose]: stop,
	};
	return koeIq;

	async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
		koeIq.requests += 1;
		const told = koeIq.next.shift();
		if (told === 'hang up') {
			request.socket.destroy();
		} else if (told?.early === true) {
			request.resume();
			send(response, told);
		} else {
			send(response, await answer(request, told));
		}
	}

	async function answer(request: IncomingMessage, told?: IngestAnswer): Promise<IngestAnswer> {
		const refusal = told ?? refuse(request);
		if (refusal !== undefined) {
			request.resume();
			await new Promise((resolve) => request.once('end', resolve));
			return refusal;
		}
		const { fields, file } = await readForm(request);
		const problem = judge(fields, file);
		if (problem !== undefined || file === undefined) return problem ?? unprocessable('file');

		const upload: Upload = {
			voicelog_id: `vl_${randomUUID().slice(0, 8)}`,
			status: 'queued',
			fields,
			file,
			headers: request.headers,
		};
		koeIq.uploads.push(upload);
		koeIq.trialLeft -= 1;
		const processing = processRecording(upload, { ...options, webhook: koeIq.webhook });
		underWay.add(processing);
		void processing.finally(() => underWay.delete(processing));
		return { status: 200, body: { voicelog_id: upload.voicelog_id, status: 'queued' } };
	}

	/** What the head of a request is refused for. */
	function refuse({ method, url, headers }: IncomingMessage): IngestAnswer | undefined {
		if (url !== '/api/ingest/upload') return { status: 404, body: { detail: 'Not Found' } };
		if (method !== 'POST') return { status: 405, body: { detail: 'Method Not Allowed' } };
		if (headers['x-api-key'] !== options.apiKey) {
			return { status: 401, body: { detail: 'Invalid API key' } };
		}
		if (koeIq.trialLeft <= 0) return { status: 403, body: { detail: 'Trial limit reached' } };
		if (Number(headers['content-length']) > MAXIMUM_BYTES + OVERHEAD_BYTES) {
			return { status: 413, body: { detail: 'File too large' } };
		}
		return undefined;
	}

	function judge(fields: Upload['fields'], file?: Upload['file']): IngestAnswer | undefined {
		const { call_id: callId, call_date: callDate } = fields;
		if (file === undefined) return unprocessable('file');
		if (!EXTENSION.test(file.name)) {
			return { status: 400, body: { detail: `Unsupported file type: ${file.name}` } };
		}
		if (callDate !== undefined && !/^\d{4}-\d\d-\d\dT.*(Z|[+-]\d\d:\d\d)$/.test(callDate)) {
			return unprocessable('call_date');
		}
		return koeIq.uploads.some((known) => callId !== undefined && known.fields.call_id === callId)
			? { status: 409, body: { detail: `call_id already exists: ${callId ?? ''}` } }
			: undefined;
	}
}

/** As FastAPI says which field is missing or wrong. */
function unprocessable(field: string): IngestAnswer {
	const problem = { type: 'value_error', loc: ['body', field], msg: 'Field required' };
	return { status: 422, body: { detail: [problem] } };
}

function send(response: ServerResponse, { status, body, headers }: IngestAnswer): void {
	const text = typeof body === 'string' ? body : JSON.stringify(body);
	response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(text);
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
