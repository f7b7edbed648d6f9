import { hash } from 'crypto';

import type { Claim } from './claim';
import type { Envelope, Json } from './events';
import { REFUSALS, type Refusal } from './refusals';
import { verify, type Secrets, type SignedWith } from './signature';

/** A body whose signature is right, parsed. */
export interface Authentic {
	outcome: 'authentic';
	signedWith: Exclude<SignedWith, 'none'>;
	envelope: Envelope;
}

/**
 * Verifies a body by its claim, then parses it: nothing is parsed before its signature is verified, and what was verified
 * is what is parsed. Knows no event's schema. Never throws.
 *
 * @param body the raw bytes as they were sent
 */
export function authenticate(
	{ digest }: Claim,
	body: Uint8Array,
	secrets: Secrets,
): Authentic | Refusal {
	const signedWith = verify(body, digest, secrets);
	if (signedWith === 'none') return REFUSALS.wrongSignature;
	const envelope = parseObject(body);
	if (envelope === undefined) return REFUSALS.notAnObject;
	return { outcome: 'authentic', signedWith, envelope };
}

/** SHA-256 of the raw body in hex: the same for a redelivery of the same bytes. */
export function deliveryId(body: Uint8Array): string {
	return hash('sha256', body, 'hex');
}

export function isObject(value: Json | undefined): value is Envelope {
	return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const utf8 = new TextDecoder('utf-8', { fatal: true });

/** Bytes to a JSON object; `undefined` for what is not UTF-8 (a BOM is dropped), not JSON, or no object. */
function parseObject(body: Uint8Array): Envelope | undefined {
	try {
		const value = JSON.parse(utf8.decode(body)) as Json;
		return isObject(value) ? value : undefined;
	} catch {
		return undefined;
	}
}
