import type { IBinaryData, IExecuteFunctions } from 'n8n-workflow';

/** In characters. */
const BASE64_PIECE = 256 * 1024;

type Helpers = Pick<IExecuteFunctions['helpers'], 'getBinaryMetadata' | 'getBinaryStream'>;

/** The size of a file of n8n's, in bytes. n8n keeps it by an `id`, or, in memory, as base64 in the item itself. */
export async function sizeOf(helpers: Helpers, { id, data }: IBinaryData): Promise<number> {
	if (id !== undefined) return (await helpers.getBinaryMetadata(id)).fileSize;
	let size = 0;
	for (const { length } of decode(data)) size += length;
	return size;
}

/** The bytes of a file of n8n's, piece by piece. */
export async function* contentOf(
	helpers: Helpers,
	{ id, data }: IBinaryData,
): AsyncGenerator<Uint8Array> {
	if (id === undefined) yield* decode(data);
	else yield* (await helpers.getBinaryStream(id)) as AsyncIterable<Uint8Array>;
}

/** The bytes of base64 text, piece by piece. It may have line breaks, as a Code node writes it. */
export function* decode(text: string): Generator<Uint8Array> {
	// As Buffer.from() does it: padding ends the text.
	const padding = text.indexOf('=');
	const length = padding === -1 ? text.length : padding;
	let rest = '';
	for (let start = 0; start < length; start += BASE64_PIECE) {
		const piece = text.slice(start, Math.min(start + BASE64_PIECE, length));
		const digits = rest + piece.replace(/[^A-Za-z0-9+/_-]/g, '');
		// 4 digits make 3 bytes.
		const whole = digits.length - (digits.length % 4);
		yield Buffer.from(digits.slice(0, whole), 'base64');
		rest = digits.slice(whole);
	}
	yield Buffer.from(rest, 'base64');
}
