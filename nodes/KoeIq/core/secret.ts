import { trimInvisible } from './invisible';
import { isSet } from './signature';

const MINIMUM_LENGTH = 16;

/** Of the template that plays KoeIQ, and so of everybody. */
const PUBLIC_SECRET = 'try-it-without-koeiq';

/**
 * What is wrong with a pair of secrets as typed, in words for the person who typed them; `undefined` if nothing is. An
 * empty previous secret is none, and what cannot be seen around a secret does not count.
 */
export function findSecretProblem(secret: string, previousSecret: string): string | undefined {
	if (!isSet(secret)) {
		return 'The webhook secret is empty. Without a secret, the trigger rejects every request. Copy it from KoeIQ: Admin → Settings → Webhook Settings.';
	}
	return (
		findProblem(
			'webhook secret',
			trimInvisible(secret),
			`Set one with at least ${MINIMUM_LENGTH} in KoeIQ, then paste it here.`,
		) ??
		(isSet(previousSecret)
			? findProblem(
					'previous webhook secret',
					trimInvisible(previousSecret),
					'Leave this field empty instead.',
				)
			: undefined)
	);
}

function findProblem(name: string, secret: string, ifTooShort: string): string | undefined {
	if (secret === PUBLIC_SECRET) {
		return `The ${name} is the one of the template “Try it without KoeIQ”, so everybody knows it. It is right for that template alone. Delete this credential when you have seen enough. KoeIQ needs another secret.`;
	}
	// HMAC pads a key with NULs, so a NUL adds nothing.
	const { length } = Array.from(secret.replaceAll('\0', ''));
	return length < MINIMUM_LENGTH
		? `The ${name} has only ${length} characters, so it could be guessed. ${ifTooShort}`
		: undefined;
}
