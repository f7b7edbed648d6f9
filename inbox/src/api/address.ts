import type { FastifyRequest } from 'fastify';

import { SIGNATURE_HEADER } from '../../../nodes/KoeIq/core/signature';
import type { ApiOptions } from './api';
import { ApiError } from './errors';

/**
 * A trigger that signs runs at this moment, so an address at which there is nobody is a mistake. It is found on Publish
 * then, not when the first event waits. What is registered by hand may be started later.
 *
 * @throws {ApiError}
 */
export async function checkAddress(
	{ headers }: Pick<FastifyRequest, 'headers'>,
	url: string,
	findDeadEnd: ApiOptions['findDeadEnd'],
): Promise<void> {
	if (headers[SIGNATURE_HEADER] === undefined) return;
	const reason = await findDeadEnd(url);
	if (reason === undefined) return;
	throw new ApiError(
		409,
		`Nothing answers at ${new URL(url).origin} (${reason}). In the credential KoeIQ Inbox API, set n8n URL to the address under which the inbox reaches n8n`,
	);
}
