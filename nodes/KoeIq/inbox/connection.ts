/** The credential's values, without the white space around them. */
export interface Connection {
	/** Of the inbox's admin port. */
	url: string;
	apiKey: string;
	/** The origin under which the inbox reaches n8n; empty is the one that n8n itself tells. */
	n8nUrl: string;
}

/** What is wrong with a credential as typed, in words for the person who typed it; `undefined` if nothing is. */
export function findConnectionProblem({ url, apiKey, n8nUrl }: Connection): string | undefined {
	if (!isWebAddress(url)) {
		return 'The URL of the inbox must be a web address without a user, a query or a fragment, such as http://inbox:8081. Correct it in the KoeIQ Inbox API credential.';
	}
	// What a header cannot hold: white space, invisible characters, and all beyond ASCII.
	if (!/^[!-~]+$/.test(apiKey)) {
		return 'The API key of the inbox is empty, or contains white space or a character that no key has. Paste INBOX_API_KEY into the KoeIQ Inbox API credential again.';
	}
	if (n8nUrl !== '' && !isOrigin(n8nUrl)) {
		return 'The n8n URL must be a host and a port only, such as http://n8n:5678, or empty. Correct it in the KoeIQ Inbox API credential.';
	}
	return undefined;
}

/**
 * @param url one that {@link findConnectionProblem} finds no problem in
 * @param path below `/api/v1`, with its query; empty is that itself
 */
export function apiUrl(url: string, path: string): string {
	// Made of its parts: a `#` or `?` with nothing after it must not swallow the path.
	const { origin, pathname } = new URL(url);
	const api = `${origin}${pathname.replace(/\/+$/, '')}/api/v1`;
	return path === '' ? api : `${api}/${path}`;
}

/** A URL of n8n's, under the origin by which the inbox reaches it. */
export function reachable(url: string, n8nUrl: string): string {
	if (n8nUrl === '') return url;
	const { origin } = new URL(n8nUrl);
	const { pathname, search } = new URL(url);
	return origin + pathname + search;
}

function isOrigin(text: string): boolean {
	return isWebAddress(text) && new URL(text).pathname === '/';
}

function isWebAddress(text: string): boolean {
	if (!URL.canParse(text)) return false;
	const { protocol, search, hash, username, password } = new URL(text);
	return /^https?:$/.test(protocol) && [search, hash, username, password].join('') === '';
}
