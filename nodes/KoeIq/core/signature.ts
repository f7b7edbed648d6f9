import { createHmac, timingSafeEqual } from 'crypto';

import { trimInvisible } from './invisible';

/** The header that carries the signature, in lower case. */
export const SIGNATURE_HEADER = 'x-koeiq-signature';

/**
 * Webhook secrets as typed into the credential; each is used as UTF-8, and also without the white space and invisible
 * characters at either end, that come along with a paste.
 */
export interface Secrets {
	current: string;
	/** Still accepted while a rotation is under way. */
	previous?: string;
}

/** Which secret signed a request; `none` means forged. */
export type SignedWith = 'current' | 'previous' | 'none';

const SIGNATURE = /^(?:sha256=)?([0-9a-f]{64})$/i;

/**
 * The 32-byte digest that a header's value claims, or `undefined` if it claims none that could match.
 *
 * KoeIQ sends `sha256=<64 hex>`; the sample on its settings page compares bare hex, so both are read.
 */
export function readDigest(value: string | undefined): Buffer | undefined {
	const hex = SIGNATURE.exec(value ?? '')?.[1];
	return hex === undefined ? undefined : Buffer.from(hex, 'hex');
}

/**
 * Tells which secret's HMAC-SHA256 of the raw body equals the digest, in constant time.
 * A blank secret matches nothing.
 *
 * @param body the raw bytes as they were sent
 * @param digest 32 bytes, from {@link readDigest}
 */
export function verify(body: Uint8Array, digest: Buffer, secrets: Secrets): SignedWith {
	if (matches(body, digest, secrets.current)) return 'current';
	if (matches(body, digest, secrets.previous)) return 'previous';
	return 'none';
}

/** Whether there is a secret to sign with: what has nothing that can be seen is none. */
export function isSet(secret: unknown): secret is string {
	return typeof secret === 'string' && trimInvisible(secret) !== '';
}

function matches(body: Uint8Array, digest: Buffer, secret: string | undefined): boolean {
	if (!isSet(secret)) return false;
	if (hasSigned(secret, body, digest)) return true;
	const trimmed = trimInvisible(secret);
	return trimmed !== secret && hasSigned(trimmed, body, digest);
}

function hasSigned(secret: string, body: Uint8Array, digest: Buffer): boolean {
	return timingSafeEqual(createHmac('sha256', secret).update(body).digest(), digest);
}
