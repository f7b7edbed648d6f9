import { randomBytes } from 'node:crypto';
import { connect } from 'node:net';
import { gzipSync } from 'node:zlib';

import { sign } from '../../../harness/koeiq/sender';

/* Requests that must not get in, as bytes on the wire: what a client library would put right stays wrong. */

/** A source of random numbers that a seed repeats: `mulberry32`, by Tommy Ettinger. */
export class Random {
	constructor(private state: number) {}

	/** From 0 up to, and without, 1. */
	next(): number {
		this.state = (this.state + 0x6d2b79f5) | 0;
		let mixed = Math.imul(this.state ^ (this.state >>> 15), 1 | this.state);
		mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
		return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
	}

	/** A whole number from 0 up to, and without, `limit`. */
	below(limit: number): number {
		return Math.floor(this.next() * limit);
	}

	pick<T>(choices: readonly T[]): T {
		return choices[this.below(choices.length)] as T;
	}
}

/** Pieces that are sent one after the other, with a pause between them. */
export type Wire = Array<string | Uint8Array>;

interface Target {
	path: string;
	secret: string;
	/** A body that would be accepted, were it signed. */
	body: string;
}

type Kind = (target: Target, random: Random) => Wire;

/** Every kind is refused for a reason of its own; the signature is right where it is not that. */
export const KINDS: Record<string, Kind> = {
	'no signature': (target) => request(target, []),
	'another secret': (target, random) =>
		request(target, [signature(sign(`forged ${random.next()}`, target.body))]),
	'the signature of another body': (target, random) =>
		request(target, [signature(sign(target.secret, `${target.body} ${random.next()}`))]),
	'one bit of the body': (target, random) => {
		const body = Buffer.from(target.body);
		const at = random.below(body.length);
		body[at] = (body[at] ?? 0) ^ (1 << random.below(8));
		return request({ ...target, body }, [right(target)]);
	},
	'one digit of the signature': (target, random) => {
		const digits = Array.from(sign(target.secret, target.body));
		const at = 'sha256='.length + random.below(64);
		digits[at] = ((parseInt(digits[at] ?? '0', 16) + 1 + random.below(15)) % 16).toString(16);
		return request(target, [signature(digits.join(''))]);
	},
	'a signature of another form': (target, random) => {
		const whole = sign(target.secret, target.body);
		const hex = whole.slice('sha256='.length);
		const form = random.pick([
			hex.slice(0, random.below(64)),
			`sha256=${hex}0`,
			`sha1=${hex}`,
			`sha512=${hex}${hex}`,
			`v1=${hex}`,
			`sha256 ${hex}`,
			`sha256=${Buffer.from(hex, 'hex').toString('base64')}`,
			`${whole}, ${whole}`,
			`"${whole}"`,
			`sha256=sha256=${hex}`,
			`sha256= ${hex}`,
			`sha256=${hex.slice(0, 63)}g`,
			'sha256=',
			'',
			'null',
		]);
		return request(target, [signature(form)]);
	},
	'the signature twice': (target, random) =>
		request(target, [
			right(target),
			signature(random.pick([sign(target.secret, target.body), 'x']), 'x-KoeIQ-signature'),
		]),
	'a folded signature': (target) => {
		const whole = sign(target.secret, target.body);
		return request(target, [`X-KoeIQ-Signature: ${whole.slice(0, 30)}\r\n ${whole.slice(30)}`]);
	},
	'bytes in the header': (target, random) =>
		request(target, [
			Buffer.concat([Buffer.from('X-KoeIQ-Signature: sha256='), randomBytes(random.below(80))]),
		]),
	'a header of 20 KB': (target) =>
		request(target, [right(target), `X-Long: ${'a'.repeat(20_000)}`]),
	'another method': (target, random) =>
		request(target, [right(target)], {
			method: random.pick(['GET', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS', 'post', 'BREW']),
		}),
	// Not signed: what Node takes all the same, and the trigger finds authentic, is an event.
	'another version of HTTP': (target, random) =>
		request(target, [], {
			version: random.pick(['HTTP/0.9', 'HTTP/2.0', 'HTTP/9.9', 'HTTQ/1.1', '']),
		}),
	'a form of files': (target) =>
		request(target, [right(target), 'Content-Type: multipart/form-data; boundary=x'], {
			type: null,
		}),
	'no JSON object': (target, random) => {
		const body = random.pick(['', '[]', 'null', '1', '"a"', '{"a":', '{}{}', '<a/>', 'a=1']);
		return request({ ...target, body }, [right({ ...target, body })], { type: 'text/plain' });
	},
	'bytes that are no UTF-8': (target, random) => {
		const body = Buffer.concat([Buffer.from('{"a":"'), Buffer.from([0xff]), randomBytes(8)]);
		const type = random.pick(['text/plain', 'application/octet-stream']);
		return request({ ...target, body }, [signature(sign(target.secret, body))], { type });
	},
	// Of other encodings n8n knows nothing, and the trigger takes the bytes that were signed.
	'a body that is said to be packed': (target, random) =>
		request(target, [right(target), `Content-Encoding: ${random.pick(['gzip', 'deflate'])}`], {
			type: random.pick(['application/json', 'application/octet-stream']),
		}),
	'a packed body with its end cut off': (target, random) => {
		const body = gzipSync(target.body).subarray(0, -12);
		return request({ ...target, body }, [right(target), 'Content-Encoding: gzip'], {
			type: random.pick(['application/json', 'application/octet-stream']),
		});
	},
	'half the body': (target, random) => {
		const half = target.body.slice(0, random.below(target.body.length));
		return request({ ...target, body: half }, [right(target)], { length: target.body.length });
	},
	'a length that is none': (target, random) =>
		request(target, [right(target)], {
			length: random.pick(['-1', '1e3', 'ten', '99999999999999999999', '0x10', '5, 5']),
		}),
	'a length that is too short': (target, random) =>
		request(target, [right(target)], { length: random.below(target.body.length) }),
	'chunks that are none': (target, random) => {
		const size = random.pick(['zz', '-5', 'ffffffffffffffff', '']);
		const body = `${size}\r\n${target.body}\r\n0\r\n\r\n`;
		return request({ ...target, body }, [right(target), 'Transfer-Encoding: chunked'], {
			length: null,
		});
	},
	'chunks without an end': (target) => {
		const body = `${target.body.length.toString(16)}\r\n${target.body}`;
		return request({ ...target, body }, [right(target), 'Transfer-Encoding: chunked'], {
			length: null,
		});
	},
	'a length and chunks': (target) =>
		request(target, [right(target), 'Transfer-Encoding: chunked'], { length: 5 }),
	'JSON that is 50,000 deep': (target, random) => {
		const body = random.pick(['[', '{"a":']).repeat(50_000);
		return request({ ...target, body }, [right(target)]);
	},
	'a slow sender that goes': (target, random) => {
		const [whole = ''] = request(target, [right(target)]);
		const bytes = Buffer.from(whole);
		const stop = random.below(bytes.length - 1);
		return [0, 1, 2, 3].map((i) =>
			bytes.subarray(Math.floor((stop * i) / 4), Math.floor((stop * (i + 1)) / 4)),
		);
	},
	'bytes that are no HTTP': (_, random) => [randomBytes(1 + random.below(2000))],
	'headers without an end': (target) => [`POST ${target.path} HTTP/1.1\r\nHost: x\r\nX-A: b`],
};

/** Over n8n's limit; few, as each is 17 MB. */
export const TOO_LARGE: Kind = (target, random) => {
	const body = JSON.stringify({ event: 'ping', text: 'a'.repeat(17_000_000) });
	return request({ ...target, body }, [right({ ...target, body })], {
		type: random.pick(['application/json', 'application/octet-stream']),
	});
};

type Header = string | Uint8Array;

function right({ secret, body }: Target): string {
	return signature(sign(secret, body));
}

function signature(value: string, name = 'X-KoeIQ-Signature'): string {
	return `${name}: ${value}`;
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
