import { format } from '../../inbox/src/page/format';
import { html } from '../../inbox/src/page/html';
import { chooseWords } from '../../inbox/src/page/words/choose';

/* What the page does to the texts of others. */

test.each([
	['{"a":1,"b":[1,2]}', '{\n  "a": 1,\n  "b": [\n    1,\n    2\n  ]\n}'],
	['{ "empty" : { } , "none" : [ ] }', '{\n  "empty": {},\n  "none": []\n}'],
	['{"n":12345678901234567890.10}', '{\n  "n": 12345678901234567890.10\n}'],
	['{"t":"\\u901a\\u8a71 \\"{,}\\""}', '{\n  "t": "通話 \\"{,}\\""\n}'],
	['{"a":true,"a":null}', '{\n  "a": true,\n  "a": null\n}'],
])('indents %s', (json, formatted) => {
	expect(format(json)).toBe(formatted);
});

test('a body of nothing but brackets stays small', () => {
	const depth = 100_000;
	const json = `${'['.repeat(depth)}1${']'.repeat(depth)}`;
	expect(format(json).length).toBeLessThan(depth * 100);
});

test.each([
	['<script>', '&#60;script&#62;'],
	['"\'&', '&#34;&#39;&#38;'],
	['\u202Egnp\u2028\0', '\\u202egnp\\u2028\\u0000'],
	['\ud800 and 😀', '\\ud800 and 😀'],
	['tab\tand\nline', 'tab\tand\nline'],
])('escapes %j', (text, escaped) => {
	expect(html`<p title="${text}">${text}</p>`.text).toBe(`<p title="${escaped}">${escaped}</p>`);
});

test.each([
	[undefined, 'en'],
	['', 'en'],
	['fr-FR,fr;q=0.9', 'en'],
	['ja', 'ja'],
	['ja-JP,ja;q=0.9,en;q=0.8', 'ja'],
	['en-US,en;q=0.9,ja;q=0.8', 'en'],
	['en;q=0.5, ja;q=0.9', 'ja'],
	['fr, ja;q=0.1', 'ja'],
	['jav,ja;q=nothing', 'ja'],
])('to a browser that asks for %j the page speaks %s', (accepted, language) => {
	expect(chooseWords(accepted).language).toBe(language);
});
