import type { FastifyRequest } from 'fastify';

import {
	readDigest,
	SIGNATURE_HEADER,
	verify,
	type Secrets,
} from '../../../nodes/KoeIq/core/signature';
import { ApiError } from './errors';

/** A trigger signs what it asks for with its own secret, so that one that differs is found on Publish. @throws {ApiError} */
export function checkSignature(
	{ headers, rawBody }: Pick<FastifyRequest, 'headers' | 'rawBody'>,
	secrets: Secrets,
): void {
	const signature = headers[SIGNATURE_HEADER];
	if (signature === undefined) return;
	const digest = readDigest(String(signature));
	if (digest !== undefined && verify(rawBody, digest, secrets) !== 'none') return;
	throw new ApiError(409, "The webhook secret differs from the inbox's");
}
