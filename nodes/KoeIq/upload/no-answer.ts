import { rootCause } from '../core/root-cause';
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
		'Try again later. With a Call ID, Retry On Fail in the KoeIQ node’s settings does this safely.',
	],
	[
		/CERT|TLS|SSL|SIGNATURE|EPROTO/,
		'n8n cannot make a secure connection to KoeIQ',
		'n8n does not trust the server’s certificate, or the server speaks no TLS at this port. Check the host and port of the Base URL. If your own KoeIQ has a certificate of your own authority, set NODE_EXTRA_CA_CERTS for n8n.',
	],
	[
		new RegExp(`^${UNREADABLE}$`),
		'The recording could not be read',
		'n8n could not read the file that it keeps for this item. Run the workflow again from the node that fetches the recording.',
	],
	[/^ERR_CANCELED$/, 'The upload was canceled', 'The execution was stopped.'],
	[
		/^(ECONNRESET|EPIPE)$/,
		'The connection to KoeIQ broke off',
		'Whether KoeIQ has the recording is not known. Try again. With a Call ID, Retry On Fail in the KoeIQ node’s settings does this safely.',
	],
];

/**
 * A failure to send the request or to get its answer, in words. Only the code and the message of the error are used:
 * what else it holds can include the API key.
 */
export function describeNoAnswer(error: unknown): Failure {
	const { code, message: original } = rootCause(error);
	const [, message, advice] = CAUSES.find(([codes]) => codes.test(code)) ?? [
		undefined,
		'The recording could not be sent to KoeIQ',
		'The reason is in brackets.',
	];
	return { outcome: 'failed', message, description: `${advice} (${original})` };
}
