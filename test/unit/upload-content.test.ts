import { decode } from '../../nodes/KoeIq/upload/content';

const CONTENT = Buffer.alloc(600_001, 'bytes of a recording');
const BASE64 = CONTENT.toString('base64');

test.each([
	['one line', BASE64],
	['lines of 76 characters', BASE64.replace(/.{76}/g, '$&\r\n')],
	['lines of 1 character', BASE64.replace(/./g, '$&\n')],
	['no padding', BASE64.replaceAll('=', '')],
	['the alphabet of URLs', CONTENT.toString('base64url')],
	['nothing', ''],
	['line breaks alone', '\n\r\n'],
	['padding in the middle', `${BASE64.slice(0, 6)}==${BASE64}`],
])('decodes base64 as Buffer.from() does: %s', (_, text) => {
	expect(Buffer.concat([...decode(text)]).equals(Buffer.from(text, 'base64'))).toBe(true);
});
