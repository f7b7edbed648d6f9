/* What a server does that keeps nothing: reads a body, hashes it, compares, answers. Usage: bare-server.mjs PORT SECRET */
import { createHmac, timingSafeEqual } from 'node:crypto';
import { createServer } from 'node:http';

const [port, secret = ''] = process.argv.slice(2);

createServer((request, response) => {
	/** @type {Buffer[]} */
	const chunks = [];
	request.on('data', (/** @type {Buffer} */ chunk) => chunks.push(chunk));
	request.on('end', () => {
		const digest = createHmac('sha256', secret).update(Buffer.concat(chunks)).digest();
		const claimed = Buffer.from(String(request.headers['x-koeiq-signature']).slice(7), 'hex');
		const isSigned = claimed.length === digest.length && timingSafeEqual(claimed, digest);
		const answer = '{"received":true}';
		response.writeHead(isSigned ? 200 : 401, {
			'content-type': 'application/json',
			'content-length': answer.length,
		});
		response.end(answer);
	});
}).listen(Number(port), '127.0.0.1');
