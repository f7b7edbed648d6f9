import { sign, SIGNATURE_HEADER } from '../../harness/koeiq/sender';
import { readClaim } from '../../nodes/KoeIq/core/claim';
import { REFUSALS } from '../../nodes/KoeIq/core/refusals';

const SIGNATURE = sign('the-secret-that-koeiq-signs-with', '{}');
const DIGEST = Buffer.from(SIGNATURE.slice('sha256='.length), 'hex');
const SIGNED = [SIGNATURE_HEADER, SIGNATURE];

test.each<[string, string[]]>([
	['the name of the header in any letter case', ['x-KOEIQ-signature', SIGNATURE]],
	['no content type', SIGNED],
	['a content type', [...SIGNED, 'Content-Type', 'application/json']],
	['another content type', [...SIGNED, 'Content-Type', 'image/png']],
	['another multipart type', [...SIGNED, 'Content-Type', 'multipart/mixed']],
	['a form named in another header', [...SIGNED, 'Accept', 'multipart/form-data']],
])('reads the claim of a request with %s', (_, rawHeaders) => {
	expect(readClaim(rawHeaders)).toEqual({ outcome: 'claim', digest: DIGEST });
});

test.each<[string, string[], keyof typeof REFUSALS]>([
	['no header at all', [], 'missingSignature'],
	['the name as a value', ['X-Other', SIGNATURE_HEADER, SIGNATURE, 'x'], 'missingSignature'],
	['a signature sent twice', [...SIGNED, 'x-koeiq-signature', SIGNATURE], 'repeatedSignature'],
	['a signature that is none', [SIGNATURE_HEADER, 'sha256=0'], 'malformedSignature'],
	['a form', [...SIGNED, 'Content-Type', 'multipart/form-data; boundary=x'], 'multipart'],
	['a form in capitals', [...SIGNED, 'CONTENT-TYPE', 'Multipart/Form-Data'], 'multipart'],
	['a space after its type', [...SIGNED, 'Content-Type', 'multipart/form-data ;'], 'multipart'],
	['a form without a signature', ['Content-Type', 'multipart/form-data'], 'missingSignature'],
])('refuses a request with %s', (_, rawHeaders, refusal) => {
	expect(readClaim(rawHeaders)).toBe(REFUSALS[refusal]);
});
