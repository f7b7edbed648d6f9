import { findSecretProblem } from '../../nodes/KoeIq/core/secret';

const GOOD = 'sixteen-letters!';

test.each([
	['a secret of 16 characters', GOOD, ''],
	['a secret and the one before it', GOOD, 'the old one'],
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
	['white space alone', '   ', '', /begins or ends with white space/],
	['15 characters', GOOD.slice(1), '', /only 15 characters/],
	['15 characters of two units each', '🔑'.repeat(15), '', /only 15 characters/],
	['white space about the previous secret', GOOD, 'old ', /previous .* begins or ends/],
])('refuses %s and says what to do', (_, secret, previous, message) => {
	expect(findSecretProblem(secret, previous)).toMatch(message);
});
