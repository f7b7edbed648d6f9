/** Whether the inbox sent a request, by what it calls itself. It proves nothing: only the signature does. */
export function isFromInbox(
	headers: Readonly<Record<string, string | string[] | undefined>>,
): boolean {
	return headers['user-agent'] === 'koeiq-inbox';
}
