import { setTimeout as sleep } from 'node:timers/promises';

import { HarnessError } from './report';

/** The longest that one request may take: more than n8n needs for 16 MB on a busy machine. */
export const REQUEST_MILLISECONDS = 60_000;

/**
 * Calls `check` until it is true.
 *
 * @throws {HarnessError} that names what was waited for, after `milliseconds`
 */
export async function poll(
	purpose: string,
	milliseconds: number,
	check: () => Promise<boolean> | boolean,
): Promise<void> {
	const deadline = Date.now() + milliseconds;
	while (!(await check())) {
		if (Date.now() > deadline) {
			throw new HarnessError(`Timed out after ${milliseconds / 1000} s waiting for ${purpose}`);
		}
		await sleep(50);
	}
}

/** Polls until n8n has registered a webhook: it does so some seconds after it says that it is ready. */
export async function waitForWebhook(url: string): Promise<void> {
	await poll(`the webhook ${url} to answer`, 180_000, async () => {
		const status = await statusOf(url, 'POST');
		return status !== undefined && status !== 404;
	});
}

/** Whether a `GET` is answered with a status from 200 to 299. */
export async function isOk(url: string): Promise<boolean> {
	const status = await statusOf(url);
	return status !== undefined && status >= 200 && status < 300;
}

/** The status of an answer; `undefined` if there was none. */
export async function statusOf(url: string, method = 'GET'): Promise<number | undefined> {
	try {
		const signal = AbortSignal.timeout(REQUEST_MILLISECONDS);
		const response = await fetch(url, { method, signal });
		await response.arrayBuffer();
		return response.status;
	} catch {
		return undefined;
	}
}
