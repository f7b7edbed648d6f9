/**
 * Indents JSON as it was written: numbers keep every digit and keys their order, escapes in texts become readable.
 * Never recursive, and never deeper than a screen: a body of nothing but brackets stays small.
 *
 * @param json what `JSON.parse` accepts
 */
export function format(json: string): string {
	let depth = 0;
	let text = '';
	const line = () => `\n${'  '.repeat(Math.min(depth, DEEPEST))}`;
	for (const [token] of json.matchAll(TOKENS)) {
		switch (token[0]) {
			case '"':
				text += JSON.stringify(JSON.parse(token));
				break;
			case ':':
				text += ': ';
				break;
			case ',':
				text += `,${line()}`;
				break;
			case '{':
			case '[':
				if (token.length > 1) {
					// Nothing is in it.
					text += token[0] + token.slice(-1);
					break;
				}
				depth += 1;
				text += token + line();
				break;
			case '}':
			case ']':
				depth -= 1;
				text += line() + token;
				break;
			default:
				text += token;
		}
	}
	return text;
}

const DEEPEST = 20;

const TOKENS = /"[^"\\]*(?:\\.[^"\\]*)*"|\{\s*\}|\[\s*\]|[{}[\],:]|[^\s"{}[\],:]+/g;
