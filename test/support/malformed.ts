import { once } from 'node:events';
import { connect } from 'node:net';
import { gzipSync } from 'node:zlib';

import { sampleOf } from '../../harness/koeiq/samples';
import { sign } from '../../harness/koeiq/sender';

/* Requests that must not get in, as bytes on the wire: what a client library would put right stays wrong. */

const BODY = JSON.stringify(sampleOf('transcription.completed'));
/** Some kinds of request are never answered; the others within a few milliseconds. */
const HANG_UP_MS = 1_000;

/** A trace of an error of ours that was let out. */
const OUR_STACK = /koeiq[\\/]dist|KoeIqTrigger\.|core[\\/](receive|signature)/;
/** As n8n itself answers what it refuses before the trigger sees it. */
const BY_N8N = /"code":/;

interface Target {
	path: string;
	secret: string;
}

/**
 * Each kind is refused for a reason of its own, and signed rightly otherwise. What any HTTP client can send is in
 * test/e2e/contract.test.ts.
 *
 * @param turn which bit is flipped, and where a body is cut off
 */
function malformed({ path, secret }: Target, turn: number): Record<string, Buffer> {
	const signed = (body: string | Buffer = BODY) => `X-KoeIQ-Signature: ${sign(secret, body)}`;
	const right = signed();
	const request = (
		headers: string[],
		body: string | Buffer = BODY,
		line = `POST ${path} HTTP/1.1`,
	) =>
		Buffer.concat([
			Buffer.from(
				[line, 'Host: x', 'Connection: close', ...headers, '', ''].join('\r\n'),
				'latin1',
			),
			Buffer.from(body),
		]);
	const withLength = (headers: string[], body: string | Buffer = BODY, line?: string) =>
		request([`Content-Length: ${Buffer.byteLength(body)}`, ...headers], body, line);
	const json = 'Content-Type: application/json';
	const text = 'Content-Type: text/plain';
	const chunked = 'Transfer-Encoding: chunked';
	const gzip = 'Content-Encoding: gzip';
	const cutAt = turn % BODY.length;
	const flipped = Buffer.from(BODY);
	flipped.writeUInt8(flipped.readUInt8(cutAt) ^ (1 << (turn & 7)), cutAt);
	const notUtf8 = Buffer.concat([Buffer.from('{"a":"'), Buffer.from([0xff, turn & 0xff])]);
	const list = '['.repeat(50_000) + ']'.repeat(50_000);
	const object = `${'{"a":'.repeat(50_000)}1${'}'.repeat(50_000)}`;
	return {
		'no HTTP': Buffer.from('hello\r\n\r\n'),
		'bytes that are no text': Buffer.from([0, turn & 0xff, 0, 255]),
		'headers without an end': Buffer.from(`POST ${path} HTTP/1.1\r\nHost: x\r\nX-A: b`),
		'another method': withLength([json, right], BODY, `BREW ${path} HTTP/1.1`),
		// Not signed: what Node accepts all the same, and the trigger finds authentic, is an event.
		'another version of HTTP': withLength([json], BODY, `POST ${path} HTTP/9.9`),
		'no signature': withLength([json]),
		'one bit of the body': withLength([json, right], flipped),
		'the signature twice': withLength([json, right, right.toLowerCase()]),
		'a folded signature': withLength([json, `${right.slice(0, 40)}\r\n ${right.slice(40)}`]),
		'bytes in the signature': withLength([json, `X-KoeIQ-Signature: sha256=\u00ff\0\u0007`]),
		'a header of 20 KB': withLength([json, right, `X-Long: ${'a'.repeat(20_000)}`]),
		'bytes that are no UTF-8': withLength([text, signed(notUtf8)], notUtf8),
		'a body that is said to be packed': withLength([json, right, gzip]),
		'the same, which n8n does not read': withLength([text, right, gzip]),
		'a packed body cut off': withLength([text, right, gzip], gzipSync(BODY).subarray(0, -12)),
		'half the body': request([json, right, `Content-Length: ${BODY.length}`], BODY.slice(0, cutAt)),
		'a length that is none': request([json, right, 'Content-Length: 0x10']),
		'a length that is too short': request([json, right, `Content-Length: ${cutAt}`]),
		'a length and chunks': request([json, right, chunked, 'Content-Length: 5']),
		'chunks that are none': request([json, right, chunked], `zz\r\n${BODY}\r\n0\r\n\r\n`),
		'chunks without an end': request(
			[json, right, chunked],
			`${BODY.length.toString(16)}\r\n${BODY}`,
		),
		'a list that is 50,000 deep': withLength([json, signed(list)], list),
		// Not signed rightly: authentic, it is an event. n8n itself reads it before the trigger is asked.
		'an object that is 50,000 deep': withLength([json, right], object),
	};
}

/**
 * Sends one of each kind, `turns` times.
 *
 * @param onTurn called before each turn; each turn sends one of each kind
 * @returns those that were let in, or answered with an error of ours
 */
export async function sendMalformed(
	url: string,
	secret: string,
	turns = 1,
	onTurn: (turn: number) => Promise<void> | void = () => {},
): Promise<string[]> {
	const { port, pathname: path } = new URL(url);
	const wrong: string[] = [];
	for (let turn = 0; turn < turns; turn++) {
		await onTurn(turn);
		const sending = Object.entries(malformed({ path, secret }, turn)).map(async ([kind, wire]) => {
			const answer = await exchange(Number(port), wire);
			const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(answer)?.[1] ?? 0);
			const isLetIn = status >= 200 && status < 300;
			const isOurFault = status >= 500 && !BY_N8N.test(answer);
			if (isLetIn || isOurFault || OUR_STACK.test(answer)) {
				wrong.push(`${kind}: ${answer.slice(0, 500)}`);
			}
		});
		await Promise.all(sending);
	}
	return wrong;
}

/** What comes back, until the connection ends. */
async function exchange(port: number, wire: Buffer): Promise<string> {
	const socket = connect(port, '127.0.0.1');
	let answer = '';
	const timer = setTimeout(() => socket.destroy(), HANG_UP_MS);
	socket.setEncoding('latin1').on('data', (chunk: string) => (answer += chunk));
	socket.on('error', () => {});
	socket.write(wire);
	await once(socket, 'close');
	clearTimeout(timer);
	return answer;
}
