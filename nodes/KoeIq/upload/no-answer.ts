import type { Failure } from './answer';
import { UNREADABLE } from './multipart';

/** Why no answer of KoeIQ came, by the code of Node's error. */
const CAUSES: Array<[codes: RegExp, message: string, advice: string]> = [
	[
		/^(ENOTFOUND|EAI_AGAIN)$/,
		'KoeIQ’s address cannot be found',
		'Check the Base URL of the credential, and whether n8n can reach the internet.',
	],
	[
		/^(ECONNREFUSED|EHOSTUNREACH|ENETUNREACH)$/,
		'KoeIQ cannot be reached',
		'Check the Base URL of the credential. A firewall or proxy may be in between.',
	],
	[
		/^(ETIMEDOUT|ECONNABORTED|ESOCKETTIMEDOUT)$/,
		'KoeIQ did not answer in time',
		'Try again later: with a Call ID, Retry On Fail in this node’s settings does so safely.',
	],
	[
		/CERT|TLS|SSL|SIGNATURE|EPROTO/,
		'No secure connection to KoeIQ could be made',
		'n8n does not trust the server’s certificate, or the server speaks no TLS at this port. Check the host and port of the Base URL. If your own KoeIQ has a certificate of your own authority, set NODE_EXTRA_CA_CERTS for n8n.',
	],
	[
		new RegExp(`^${UNREADABLE}$`),
		'The recording could not be read',
		'n8n could not read the file that it keeps for this item. Run the workflow again from the node that fetches the recording.',
	],
	[/^ERR_CANCELED$/, 'The upload was cancelled', 'The execution was stopped meanwhile.'],
	[
		/^(ECONNRESET|EPIPE)$/,
		'The connection to KoeIQ broke off',
		'Whether KoeIQ has the recording is not known. Try again: with a Call ID, Retry On Fail in this node’s settings does so safely.',
	],
];

/**
 * A failure to send the request or to get its answer, in words. Only the code and the message of the error are used:
 * what else it holds can include the API key.
 */
export function describeNoAnswer(error: unknown): Failure {
	const { code, message: original } = rootOf(error);
	const [, message, advice] = CAUSES.find(([codes]) => codes.test(code)) ?? [
		undefined,
		'The recording could not be sent to KoeIQ',
		'The reason is in brackets.',
	];
	return { outcome: 'failed', message, description: `${advice} (${original})` };
}

/** n8n wraps the error of its HTTP client, and that wraps Node's: the innermost one knows best. */
function rootOf(error: unknown): { code: string; message: string } {
	let root = { code: '', message: 'unknown error' };
	for (let current = error; typeof current === 'object' && current !== null;) {
		const { code, message, cause }: { code?: unknown; message?: unknown; cause?: unknown } =
			current;
		root = {
			code: typeof code === 'string' ? code : root.code,
			message: typeof message === 'string' && message !== '' ? message : root.message,
		};
		current = cause;
	}
	return root;
}
