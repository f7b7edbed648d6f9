/** Markup that is safe to send: whatever was put into it was escaped, or was markup already. */
export class Html {
	constructor(readonly text: string) {}
}

export type Content = string | number | Html | readonly Html[] | null | undefined;

/** A template whose values are escaped, so that an event can say anything and still is only text. */
export function html(strings: TemplateStringsArray, ...values: Content[]): Html {
	return new Html(String.raw({ raw: strings }, ...values.map(render)));
}

function render(content: Content): string {
	if (content === undefined || content === null) return '';
	if (content instanceof Html) return content.text;
	if (typeof content === 'object') return content.map(({ text }) => text).join('');
	return escape(String(content));
}

/** Also shows what cannot be seen and what turns the direction of writing: both can make a text look like another. */
function escape(text: string): string {
	return text
		.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)
		.replace(UNSEEN, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

// Control characters but tab, line feed and carriage return; marks and overrides of direction; line separators; lone surrogates.
const UNSEEN =
	/[\0-\x08\x0B\x0C\x0E-\x1F\x7F-\x9F\u061C\u200B\u200E\u200F\u2028-\u202E\u2060\u2066-\u2069\uFEFF]|\p{Surrogate}/gu;
