import { findSecretProblem } from '../../nodes/KoeIq/core/secret';

const GOOD = 'sixteen-letters!';

test.each([
	['a secret of 16 characters', GOOD, ''],
	['a secret and the one before it', GOOD, 'letters!-sixteen'],
	['an invisible character in the middle', 'sixteen\u200bletters!', ''],
	['white space in the middle', 'sixteen  letters', ''],
	['16 characters of two units each', '🔑'.repeat(16), ''],
	['white space around it', ` ${GOOD}\n`, ''],
	...['\u200b', '\u2060', '\u00ad', '\0'].map((stray): [string, string, string] => [
		`${JSON.stringify(stray)} around it`,
		stray + GOOD + stray,
		'',
	]),
	['white space around the previous secret', GOOD, `\t${GOOD} `],
	['white space as the previous secret', GOOD, ' '],
])('takes %s', (_, secret, previous) => {
	expect(findSecretProblem(secret, previous)).toBeUndefined();
});

test.each([
	['an empty secret', '', '', /is empty/],
	['NULs, which HMAC takes for nothing', '\0'.repeat(16), '', /is empty/],
	['white space alone', ' \t\u3000', '', /is empty/],
	['invisible characters alone', '\u200b\u2060', '', /is empty/],
	['15 characters with white space around them', ` ${GOOD.slice(1)}\n`, '', /only 15 characters/],
	['15 characters', GOOD.slice(1), '', /only 15 characters/],
	['15 characters of two units each', '🔑'.repeat(15), '', /only 15 characters/],
	['16 characters, one of them a NUL', 'sixteen\0-letters', '', /only 15 characters/],
	['it with a space behind it', 'try-it-without-koeiq ', '', /everybody knows it/],
	['the secret that everybody knows', 'try-it-without-koeiq', '', /everybody knows it/],
	['it as the previous secret', GOOD, 'try-it-without-koeiq', /previous .* everybody knows it/],
	['a short previous secret', GOOD, 'short', /previous .* only 5 .* Leave this field empty/],
])('refuses %s and says what to do', (_, secret, previous, message) => {
	expect(findSecretProblem(secret, previous)).toMatch(message);
});

test('says what to do about a secret that is too short', () => {
	expect(findSecretProblem('short', '')).toBe(
		'The webhook secret has only 5 characters, so it could be guessed. Set one with at least 16 in KoeIQ, then paste it here.',
	);
});
