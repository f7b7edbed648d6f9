const MAX_LENGTH = 80;

/**
 * A name that somebody else chose, as a chat shows it: it mentions nobody, links nowhere, and stays on its line. What a
 * chat acts on is replaced by its full-width twin, which looks the same and means nothing.
 */
export function plain(name: string): string {
	const text = name
		.replaceAll(/\s+/g, ' ')
		.replaceAll(/\p{C}/gu, '')
		.replaceAll(/[<>@[\]~#*`|\\]/g, (sign) =>
			String.fromCharCode(sign.charCodeAt(0) + TO_FULL_WIDTH),
		)
		.replaceAll(/(?<!\d):(?!\s)|:(?![\s\d])/g, '：')
		.replaceAll(/\.(?=\p{L})/gu, '․')
		.trim();
	const characters = Array.from(text);
	return characters.length > MAX_LENGTH
		? `${characters.slice(0, MAX_LENGTH).join('')}…`
		: characters.join('');
}

const TO_FULL_WIDTH = 0xfee0;
