/** The credential's values, without the white space around them. */
export interface Connection {
	apiKey: string;
	baseUrl: string;
}

/** White space, or what cannot be seen and no HTTP header can carry. */
const INVISIBLE = /[\s\p{C}]/u;

/** What is wrong with a credential as typed, in words for the person who typed it; `undefined` if nothing is. */
export function findConnectionProblem({ apiKey, baseUrl }: Connection): string | undefined {
	if (apiKey === '') {
		return 'The API key is empty. Create one in KoeIQ: Settings → API Key → Generate.';
	}
	if (INVISIBLE.test(apiKey)) {
		return 'The API key contains white space or an invisible character. Copy it again from where you keep it.';
	}
	if (!/^[!-~]+$/.test(apiKey)) {
		return 'The API key contains a character that no API key has. Copy it again from where you keep it.';
	}
	const url = URL.canParse(baseUrl) ? new URL(baseUrl) : undefined;
	if (url === undefined || !/^https?:$/.test(url.protocol)) {
		return 'The Base URL is not a web address. It is https://app.koeiq.com, unless your company has its own KoeIQ.';
	}
	if ([url.search, url.hash, url.username, url.password].some((part) => part !== '')) {
		return 'The Base URL can have a host and a path only, such as https://app.koeiq.com.';
	}
	return undefined;
}

/** @param baseUrl one that {@link findConnectionProblem} finds no problem in */
export function uploadUrl(baseUrl: string): string {
	// Made of its parts: a `#` or `?` with nothing after it must not swallow the path.
	const { origin, pathname } = new URL(baseUrl);
	return `${origin}${pathname.replace(/\/+$/, '')}/api/ingest/upload`;
}
