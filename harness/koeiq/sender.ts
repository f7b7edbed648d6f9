import { createHmac } from 'node:crypto';

import { REQUEST_MILLISECONDS } from '../wait';

/*
 * Plays KoeIQ: signs as the Node.js sample of its webhook reference does, and posts as it does.
 * It shares nothing with the trigger's own code, so that the two can be held against each other.
 */

export const SIGNATURE_HEADER = 'X-KoeIQ-Signature';

export function sign(secret: string, payload: string | Uint8Array): string {
	return 'sha256=' + createHmac('sha256', secret).update(payload).digest('hex');
}

/** What Send Test Ping may send: its body is not documented. */
export const TEST_PING = {
	event: 'test.ping',
	timestamp: '2026-03-17T09:03:00Z',
	tenant_id: 't_xxxx',
	data: { message: 'Test ping' },
};

export interface Answer {
	status: number;
	body: string;
}

/** Posts a signed body; `signature` replaces the right one. */
export async function deliver(
	url: string,
	secret: string,
	payload: string,
	signature = sign(secret, payload),
): Promise<Answer> {
	const response = await fetch(url, {
		method: 'POST',
		headers: { 'content-type': 'application/json', [SIGNATURE_HEADER]: signature },
		body: payload,
		signal: AbortSignal.timeout(REQUEST_MILLISECONDS),
	});
	return { status: response.status, body: await response.text() };
}
