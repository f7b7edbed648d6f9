import { isSet } from './signature';

const MINIMUM_LENGTH = 16;

/**
 * What is wrong with a pair of secrets as typed, in words for the person who typed them;
 * `undefined` where nothing is.
 */
export function findSecretProblem(secret: string, previousSecret: string): string | undefined {
	if (secret !== secret.trim()) {
		return 'The webhook secret begins or ends with white space (a space, tab or line break). Remove it, or copy the secret again.';
	}
	if (!isSet(secret)) {
		return 'The webhook secret is empty. Copy it from KoeIQ: Admin → Settings → Webhook Settings.';
	}
	const { length } = Array.from(secret);
	if (length < MINIMUM_LENGTH) {
		return `The webhook secret has only ${length} characters, so it could be guessed. Set one with at least ${MINIMUM_LENGTH} in KoeIQ, then paste it here.`;
	}
	if (previousSecret !== previousSecret.trim()) {
		return 'The previous webhook secret begins or ends with white space (a space, tab or line break). Remove it, or leave the field empty.';
	}
	return undefined;
}
