const MAXIMUM_LENGTH = 100;

/**
 * Somebody else's value in a few words, for a message. A list or an object is only named: JSON can nest deeper than
 * `JSON.stringify` can follow, and can be too long to read.
 */
export function brief(value: unknown): string {
	if (Array.isArray(value)) return 'a list';
	if (typeof value === 'object' && value !== null) return 'an object';
	return cut(String(value), MAXIMUM_LENGTH);
}

export function cut(text: string, length: number): string {
	return text.length > length ? `${text.slice(0, length)}…` : text;
}
