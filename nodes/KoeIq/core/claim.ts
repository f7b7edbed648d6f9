import { REFUSALS, type Refusal } from './refusals';
import { readDigest, SIGNATURE_HEADER } from './signature';

/** What a request says of itself before anything of it is believed. */
export interface Claim {
	outcome: 'claim';
	/** 32 bytes: the HMAC-SHA256 that its body has to have. */
	digest: Buffer;
}

/**
 * Reads the claim from the headers alone: a request without one costs no secret and no body.
 *
 * @param rawHeaders names and values in turn, as Node's `rawHeaders`: a header that was sent twice is there twice
 */
export function readClaim(rawHeaders: readonly string[]): Claim | Refusal {
	const signatures = headerValues(rawHeaders, SIGNATURE_HEADER);
	if (signatures.length === 0) return REFUSALS.missingSignature;
	if (signatures.length > 1) return REFUSALS.repeatedSignature;
	const digest = readDigest(signatures[0]);
	if (digest === undefined) return REFUSALS.malformedSignature;
	// The host has taken a form apart: its raw bytes are gone, so nothing is left to verify.
	if (isMultipart(rawHeaders)) return REFUSALS.multipart;
	return { outcome: 'claim', digest };
}

function headerValues(rawHeaders: readonly string[], name: string): string[] {
	return rawHeaders.filter((_, i) => i % 2 === 1 && rawHeaders[i - 1]?.toLowerCase() === name);
}

function isMultipart(rawHeaders: readonly string[]): boolean {
	const [contentType = ''] = headerValues(rawHeaders, 'content-type');
	const [mediaType = ''] = contentType.split(';');
	return mediaType.trim().toLowerCase() === 'multipart/form-data';
}
