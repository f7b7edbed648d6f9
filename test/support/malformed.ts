import { connect } from 'node:net';
import { gzipSync } from 'node:zlib';

import fc from 'fast-check';

import { sign } from '../../harness/koeiq/sender';

/* Requests that must not get in, as bytes on the wire: what a client library would put right stays wrong. */

/** Pieces that are sent one after the other, with a pause between them. */
export type Wire = Array<string | Uint8Array>;

export interface Target {
	path: string;
	secret: string;
	/** A body that would be accepted, were it signed. */
	body: string;
}

type Kind = (target: Target) => fc.Arbitrary<Wire>;

/** A kind of request, made. */
export interface Made {
	kind: string;
	wire: Wire;
}

/** Any of the kinds, each as often as the others. */
export function malformed(target: Target): fc.Arbitrary<Made> {
	return fc.oneof(
		...Object.entries(KINDS).map(([kind, make]) => make(target).map((wire) => ({ kind, wire }))),
	);
}

/** Over n8n's limit; few, as each is 17 MB. */
export function tooLarge(target: Target): fc.Arbitrary<Made> {
	const large = {
		...target,
		body: JSON.stringify({ event: 'ping', text: 'a'.repeat(17_000_000) }),
	};
	return fc
		.constantFrom('application/json', 'application/octet-stream')
		.map((type) => ({ kind: 'a body of 17 MB', wire: request(large, [right(large)], { type }) }));
}

/**
 * Every kind is refused for a reason of its own; the signature is right if it is not that. What any HTTP client can send is
 * in test/e2e/contract.test.ts.
 */
export const KINDS: Record<string, Kind> = {
	'no signature': (target) => fc.constant(request(target, [])),
	'one bit of the body': (target) =>
		fc.tuple(below(target.body.length), below(8)).map(([at, bit]) => {
			const body = Buffer.from(target.body);
			body[at] = (body[at] ?? 0) ^ (1 << bit);
			return request({ ...target, body }, [right(target)]);
		}),
	'the signature twice': (target) =>
		fc
			.constantFrom(sign(target.secret, target.body), 'x')
			.map((other) => request(target, [right(target), signature(other, 'x-KoeIQ-signature')])),
	'a folded signature': (target) => {
		const whole = sign(target.secret, target.body);
		const folded = `X-KoeIQ-Signature: ${whole.slice(0, 30)}\r\n ${whole.slice(30)}`;
		return fc.constant(request(target, [folded]));
	},
	'bytes in the header': (target) =>
		bytes({ maxLength: 80 }).map((value) =>
			request(target, [Buffer.concat([Buffer.from('X-KoeIQ-Signature: sha256='), value])]),
		),
	'a header of 20 KB': (target) =>
		fc.constant(request(target, [right(target), `X-Long: ${'a'.repeat(20_000)}`])),
	'another method': (target) =>
		fc
			.constantFrom('GET', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS', 'post', 'BREW')
			.map((method) => request(target, [right(target)], { method })),
	// Not signed: what Node accepts all the same, and the trigger finds authentic, is an event.
	'another version of HTTP': (target) =>
		fc
			.constantFrom('HTTP/0.9', 'HTTP/2.0', 'HTTP/9.9', 'HTTQ/1.1', '')
			.map((version) => request(target, [], { version })),
	'bytes that are no UTF-8': (target) =>
		fc.tuple(bytes({ maxLength: 8 }), UNREAD).map(([more, type]) => {
			const body = Buffer.concat([Buffer.from('{"a":"'), Buffer.from([0xff]), more]);
			return request({ ...target, body }, [signature(sign(target.secret, body))], { type });
		}),
	// Of other encodings n8n knows nothing, and the trigger accepts the bytes that were signed.
	'a body that is said to be packed': (target) =>
		fc
			.tuple(fc.constantFrom('gzip', 'deflate'), READ_OR_NOT)
			.map(([encoding, type]) =>
				request(target, [right(target), `Content-Encoding: ${encoding}`], { type }),
			),
	'a packed body with its end cut off': (target) => {
		const body = gzipSync(target.body).subarray(0, -12);
		const headers = [right(target), 'Content-Encoding: gzip'];
		return READ_OR_NOT.map((type) => request({ ...target, body }, headers, { type }));
	},
	'half the body': (target) =>
		below(target.body.length).map((half) => {
			const { length } = target.body;
			return request({ ...target, body: target.body.slice(0, half) }, [right(target)], { length });
		}),
	'a length that is none': (target) =>
		fc
			.constantFrom('-1', '1e3', 'ten', '99999999999999999999', '0x10', '5, 5')
			.map((length) => request(target, [right(target)], { length })),
	'a length that is too short': (target) =>
		below(target.body.length).map((length) => request(target, [right(target)], { length })),
	'chunks that are none': (target) =>
		fc
			.constantFrom('zz', '-5', 'ffffffffffffffff', '')
			.map((size) => chunked(target, `${size}\r\n${target.body}\r\n0\r\n\r\n`)),
	'chunks without an end': (target) =>
		fc.constant(chunked(target, `${target.body.length.toString(16)}\r\n${target.body}`)),
	'a length and chunks': (target) =>
		fc.constant(request(target, [right(target), 'Transfer-Encoding: chunked'], { length: 5 })),
	'a list that is 50,000 deep': (target) => {
		const deep = { ...target, body: '['.repeat(50_000) + ']'.repeat(50_000) };
		return fc.constant(request(deep, [right(deep)]));
	},
	// Not signed: authentic, it is an event. n8n itself reads it before the trigger is asked.
	'an object that is 50,000 deep': (target) => {
		const body = `${'{"a":'.repeat(50_000)}1${'}'.repeat(50_000)}`;
		return fc.constant(request({ ...target, body }, [right(target)]));
	},
	'a slow sender that goes': (target) => {
		const whole = Buffer.concat(request(target, [right(target)]).map((part) => Buffer.from(part)));
		return below(whole.length - 1).map((stop) =>
			[0, 1, 2, 3].map((i) =>
				whole.subarray(Math.floor((stop * i) / 4), Math.floor((stop * (i + 1)) / 4)),
			),
		);
	},
	'bytes that are no HTTP': () => bytes({ minLength: 1, maxLength: 2000 }).map((made) => [made]),
	'headers without an end': (target) =>
		fc.constant([`POST ${target.path} HTTP/1.1\r\nHost: x\r\nX-A: b`]),
};

/** Types whose bodies n8n leaves to the trigger. */
const UNREAD = fc.constantFrom('text/plain', 'application/octet-stream');
const READ_OR_NOT = fc.constantFrom('application/json', 'application/octet-stream');

/** A whole number from 0 up to, and without, `limit`. */
function below(limit: number): fc.Arbitrary<number> {
	return fc.nat(limit - 1);
}

function bytes(length: { minLength?: number; maxLength: number }): fc.Arbitrary<Uint8Array> {
	return fc.uint8Array({ ...length, size: 'max' });
}

type Header = string | Uint8Array;

function right({ secret, body }: Target): string {
	return signature(sign(secret, body));
}

function signature(value: string, name = 'X-KoeIQ-Signature'): string {
	return `${name}: ${value}`;
}

function chunked(target: Target, body: string): Wire {
	const headers = [right(target), 'Transfer-Encoding: chunked'];
	return request({ ...target, body }, headers, { length: null });
}

function request(
	{ path, body }: { path: string; body: string | Uint8Array },
	headers: Header[],
	{
		method = 'POST',
		version = 'HTTP/1.1',
		type = 'application/json',
		length = Buffer.byteLength(body),
	}: {
		method?: string;
		version?: string;
		type?: string | null;
		length?: number | string | null;
	} = {},
): Wire {
	const lines: Header[] = [
		`${method} ${path} ${version}`.trim(),
		'Host: 127.0.0.1',
		'Connection: close',
		...(type === null ? [] : [`Content-Type: ${type}`]),
		...(length === null ? [] : [`Content-Length: ${length}`]),
		...headers,
	];
	const head = lines.flatMap((line) => [Buffer.from(line), Buffer.from('\r\n')]);
	return [Buffer.concat([...head, Buffer.from('\r\n'), Buffer.from(body)])];
}

export interface Reply {
	/** 0 where the connection ended without an answer. */
	status: number;
	text: string;
}

/** Sends bytes, and takes what comes back. What is not answered in `patience` milliseconds is hung up on. */
export async function exchange(port: number, wire: Wire, patience: number): Promise<Reply> {
	return await new Promise((resolve) => {
		const socket = connect(port, '127.0.0.1');
		let text = '';
		const timer = setTimeout(() => socket.destroy(), patience);
		socket.setEncoding('latin1');
		socket.on('data', (chunk) => (text += chunk.toString()));
		socket.on('error', () => {});
		socket.on('close', () => {
			clearTimeout(timer);
			resolve({ status: Number(/^HTTP\/1\.1 (\d{3})/.exec(text)?.[1] ?? 0), text });
		});
		socket.on('connect', () => void write(socket, wire));
	});
}

async function write(socket: ReturnType<typeof connect>, wire: Wire): Promise<void> {
	for (const [i, piece] of wire.entries()) {
		if (i > 0) await new Promise((done) => setTimeout(done, 20));
		if (socket.destroyed) return;
		socket.write(piece);
	}
}
