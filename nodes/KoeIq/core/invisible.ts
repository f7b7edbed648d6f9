/** White space, and what cannot be seen: control and format characters such as NUL, U+200B, U+2060 and U+00AD. */
const INVISIBLE_ENDS = /^[\s\p{C}]+|[\s\p{C}]+$/gu;

/** A text without the white space and invisible characters at either end, that come along with a paste. */
export function trimInvisible(text: string): string {
	return text.replace(INVISIBLE_ENDS, '');
}

/** The same, as n8n's expressions write it, of a credential's field. */
export function trimmedField(name: string): string {
	return `$credentials.${name}.replace(${String(INVISIBLE_ENDS)}, "")`;
}
