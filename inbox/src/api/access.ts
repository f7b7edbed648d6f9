import { createHash, timingSafeEqual } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';

import type { FastifyInstance } from 'fastify';

/** So many wrong keys within a minute are answered at once. */
const FREE_FAILURES = 10;
const FORGET_AFTER_MS = 60_000;
const PENALTY_MS = 200;
/** Requests with a wrong key that wait at most, so that they take no memory. */
const MAX_WAITING = 1_000;

/** Lets in whoever knows the key. Wrong ones wait after a while; the right one never does. */
export function requireKey(app: FastifyInstance, key: string): void {
	const digest = sha256(key);
	let failures = 0;
	let failedAt = -Infinity;
	let waiting = 0;

	const slowDown = async () => {
		const now = performance.now();
		if (now - failedAt > FORGET_AFTER_MS) failures = 0;
		failedAt = now;
		failures += 1;
		if (failures <= FREE_FAILURES || waiting >= MAX_WAITING) return;
		waiting += 1;
		await sleep(PENALTY_MS, undefined, { ref: false });
		waiting -= 1;
	};

	app.addHook('onRequest', async ({ headers }, reply) => {
		const [, given = ''] = /^Bearer +(\S+) *$/i.exec(headers.authorization ?? '') ?? [];
		// Digests have one length, so the comparison tells nothing of the key's.
		if (timingSafeEqual(sha256(given), digest)) return;
		await slowDown();
		return await reply
			.code(401)
			.header('www-authenticate', 'Bearer')
			.send({ error: 'The API key is not valid' });
	});
}

function sha256(text: string): Buffer {
	return createHash('sha256').update(text).digest();
}
