/**
 * The code and the message of the innermost error: n8n wraps the error of its HTTP client, and that wraps Node's. Nothing
 * else of them is safe to show: the client's hold what was sent, keys included.
 */
export function rootCause(error: unknown): { code: string; message: string } {
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
