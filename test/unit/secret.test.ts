import { findSecretProblem } from '../../nodes/KoeIq/core/secret';

const GOOD = 'sixteen-letters!';

test.each([
	['a secret of 16 characters', GOOD, ''],
	['a secret and the one before it', GOOD, 'letters!-sixteen'],
	['an invisible character in the middle', 'sixteen\u200bletters!', ''],
	['white space in the middle', 'sixteen  letters', ''],
	['16 characters of two units each', '🔑'.repeat(16), ''],
])('takes %s', (_, secret, previous) => {
	expect(findSecretProblem(secret, previous)).toBeUndefined();
});

test.each([
	['an empty secret', '', '', /is empty/],
	['NULs, which HMAC takes for nothing', '\0'.repeat(16), '', /is empty/],
	['a space in front', ` ${GOOD}`, '', /begins or ends with white space/],
	['a line break at the end', `${GOOD}\n`, '', /begins or ends with white space/],
	['white space alone', ' \t\u3000', '', /is empty/],
	['a zero-width space in front', `\u200b${GOOD}`, '', /invisible character/],
	['a word joiner at the end', `${GOOD}\u2060`, '', /invisible character/],
	['a soft hyphen at the end', `${GOOD}\u00ad`, '', /invisible character/],
	['a NUL at the end', `${GOOD}\0`, '', /invisible character/],
	['15 characters', GOOD.slice(1), '', /only 15 characters/],
	['15 characters of two units each', '🔑'.repeat(15), '', /only 15 characters/],
	['16 characters, one of them a NUL', 'sixteen\0-letters', '', /only 15 characters/],
	['the secret that everybody knows', 'try-it-without-koeiq', '', /everybody knows it/],
	['it as the previous secret', GOOD, 'try-it-without-koeiq', /previous .* everybody knows it/],
	['white space about the previous secret', GOOD, `${GOOD} `, /previous .* begins or ends/],
	['white space as the previous secret', GOOD, ' ', /previous .* begins or ends/],
	['a short previous secret', GOOD, 'short', /previous .* only 5 .* Leave this field empty/],
])('refuses %s and says what to do', (_, secret, previous, message) => {
	expect(findSecretProblem(secret, previous)).toMatch(message);
});

test('says what to do about a secret that is too short', () => {
	expect(findSecretProblem('short', '')).toBe(
		'The webhook secret has only 5 characters, so it could be guessed. Set one with at least 16 in KoeIQ, then paste it here.',
	);
});
