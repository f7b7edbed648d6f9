import type { IncomingHttpHeaders } from 'node:http';

/** Whether the inbox sent a request, by what it calls itself. It proves nothing: only the signature does. */
export function isFromInbox(headers: IncomingHttpHeaders): boolean {
	return headers['user-agent'] === 'koeiq-inbox';
}
