/** An answer to KoeIQ that starts no execution. */
export interface Answer {
	status: number;
	body: Readonly<Record<string, string | boolean>>;
}

export interface Refusal<Code extends string = string> extends Answer {
	outcome: 'refused';
	/** Its name in the table of refusals; a copy keeps it. */
	code: Code;
	/** For the operator's log, more than the sender is told; nothing of the request is in it. */
	reason: string;
	/** What more there is to say: the host's own words, or a fault of the stored secret. Asked for only if it is written down. */
	cause?: () => string | undefined;
}

const INVALID_SIGNATURE = 'Invalid signature';
const NOT_CONFIGURED = 'Webhook secret is not configured';

/** Every refusal, in the order in which a request can meet them. */
export const REFUSALS = byCode({
	missingSignature: refusal(
		'missingSignature',
		401,
		INVALID_SIGNATURE,
		'it has no X-KoeIQ-Signature header',
	),
	repeatedSignature: refusal(
		'repeatedSignature',
		401,
		INVALID_SIGNATURE,
		'it has more than one X-KoeIQ-Signature header',
	),
	malformedSignature: refusal(
		'malformedSignature',
		401,
		INVALID_SIGNATURE,
		'its X-KoeIQ-Signature is not sha256= and 64 hex digits',
	),
	multipart: refusal(
		'multipart',
		415,
		'Unsupported content type',
		'it is a multipart form, so the signed bytes are gone',
	),
	noCredential: refusal(
		'noCredential',
		500,
		NOT_CONFIGURED,
		'the credential is missing or cannot be read',
	),
	blankSecret: refusal(
		'blankSecret',
		500,
		NOT_CONFIGURED,
		'the webhook secret in the credential is blank',
	),
	tooLarge: refusal('tooLarge', 413, 'Payload too large', 'its body is over the size limit'),
	unreadable: refusal(
		'unreadable',
		400,
		'Body could not be read',
		'its body broke off, or is not the gzip or deflate that it claims to be',
	),
	wrongSignature: refusal(
		'wrongSignature',
		401,
		INVALID_SIGNATURE,
		'its signature matches neither secret: the secret differs from the one in KoeIQ, the body was changed on the way, or it is forged',
	),
	notAnObject: refusal(
		'notAnObject',
		400,
		'Body is not a JSON object',
		'it is signed, but its body is not a JSON object',
	),
	outsideWindow: refusal(
		'outsideWindow',
		401,
		'Timestamp outside the allowed window',
		'it is signed, but its timestamp is missing or outside Maximum Age',
	),
});

/** A refusal that is told apart by its code. */
export function refusal<Code extends string>(
	code: Code,
	status: number,
	error: string,
	reason: string,
): Refusal<Code> {
	return { outcome: 'refused', code, status, body: { error }, reason };
}

/** A table in which each refusal is under its own code; anything else does not compile. */
export function byCode<Code extends string>(refusals: Table<Code>): Table<Code> {
	return refusals;
}

type Table<Code extends string> = { readonly [C in Code]: Refusal<C> };
