import type { ApiOptions } from './api';
import { ApiError } from './errors';

/**
 * For a caller that is at this URL itself: if nobody is there, the URL is wrong. So that is found on Publish, not when
 * the first event waits.
 *
 * @throws {ApiError}
 */
export async function checkAddress(
	url: string,
	findDeadEnd: ApiOptions['findDeadEnd'],
): Promise<void> {
	const reason = await findDeadEnd(url);
	if (reason === undefined) return;
	throw new ApiError(
		409,
		`Nothing answers at ${new URL(url).origin} (${reason}). In the credential KoeIQ Inbox API, set n8n URL to the address under which the inbox reaches n8n`,
	);
}
