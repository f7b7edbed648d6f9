import { REFUSALS } from '../../nodes/KoeIq/core/refusals';

/* The contract's table, literally: what the sender gets, and what the operator reads. */
test.each<[keyof typeof REFUSALS, number, string, RegExp]>([
	['missingSignature', 401, 'Invalid signature', /has no X-KoeIQ-Signature/],
	['repeatedSignature', 401, 'Invalid signature', /more than one X-KoeIQ-Signature/],
	['malformedSignature', 401, 'Invalid signature', /64 hex digits/],
	['multipart', 415, 'Unsupported content type', /multipart form/],
	['noCredential', 500, 'Webhook secret is not configured', /credential is missing/],
	['blankSecret', 500, 'Webhook secret is not configured', /secret .* is blank/],
	['tooLarge', 413, 'Payload too large', /size limit/],
	['unreadable', 400, 'Body could not be read', /broke off/],
	['wrongSignature', 401, 'Invalid signature', /neither secret/],
	['notAnObject', 400, 'Body is not a JSON object', /not a JSON object/],
	['outsideWindow', 401, 'Timestamp outside the allowed window', /outside Maximum Age/],
])('%s is answered %i %s', (name, status, error, reason) => {
	expect(REFUSALS[name]).toEqual({
		outcome: 'refused',
		code: name,
		status,
		body: { error },
		reason: expect.stringMatching(reason) as string,
	});
});

test('none is left out above', () => {
	expect(Object.keys(REFUSALS)).toHaveLength(11);
});
