import type { INodeCredentialTestResult } from 'n8n-workflow';

import { trimInvisible } from '../core/invisible';
import { findSecretProblem } from '../core/secret';
import type { Secrets } from '../core/signature';
import type { SignatureMemory } from './signature-memory';

const STRAY = ' White space and invisible characters around it don’t count.';

/**
 * What the form of the credential says of secrets as typed. There is nothing to call: what is known of a secret that
 * looks right is what this process has refused because of it.
 *
 * @param now milliseconds since the epoch
 */
export function checkSecrets(
	{ current = '', previous = '' }: Partial<Secrets>,
	memory: SignatureMemory,
	now: number,
): INodeCredentialTestResult {
	const problem =
		findSecretProblem(current, previous) ?? memory.describe({ current, previous }, now);
	if (problem !== undefined) return { status: 'Error', message: problem };
	const isStray = [current, previous].some((secret) => secret !== trimInvisible(secret));
	return {
		status: 'OK',
		message: `The format of the secret is right.${isStray ? STRAY : ''} KoeIQ can’t validate secrets, so send a Test Ping from KoeIQ to be sure.`,
	};
}
