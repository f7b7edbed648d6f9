import crypto, { createHmac } from 'node:crypto';

import { readDigest, verify } from '../../nodes/KoeIq/core/signature';

const BODY = Buffer.from('{"event":"ping"}');
const SECRET = 'the-secret-that-koeiq-signs-with';
/** A zero-width space, a soft hyphen, a word joiner, a NUL and white space around it. */
const PASTED = `\u200b\u00ad ${SECRET}\u2060\0\r\n`;
const OLD_SECRET = 'the-secret-of-last-year';

const hmac = (secret: string, body: Uint8Array = BODY) =>
	createHmac('sha256', secret).update(body).digest();
const hex = hmac(SECRET).toString('hex');

describe('readDigest', () => {
	test.each([
		['sha256= and hex', `sha256=${hex}`],
		['bare hex', hex],
		['upper-case hex', `sha256=${hex.toUpperCase()}`],
		['an upper-case prefix', `SHA256=${hex}`],
		['bare upper-case hex', hex.toUpperCase()],
	])('reads %s', (_, value) => {
		expect(readDigest(value)).toEqual(hmac(SECRET));
	});

	test.each<[string, string | undefined]>([
		['a missing header', undefined],
		['two signatures in one header', `sha256=${hex}, sha256=${hex}`],
		['an empty header', ''],
		['the prefix alone', 'sha256='],
		['63 digits', `sha256=${hex.slice(1)}`],
		['65 digits', `sha256=${hex}0`],
		['a letter that is no digit', `sha256=g${hex.slice(1)}`],
		['another algorithm', `sha512=${hex}`],
		['white space inside', `sha256= ${hex}`],
		['a line break at the end', `sha256=${hex}\n`],
		['base64', hmac(SECRET).toString('base64')],
		['a letter that only folds to s', `\u017fha256=${hex}`],
	])('refuses %s', (_, value) => {
		expect(readDigest(value)).toBeUndefined();
	});
});

describe('verify', () => {
	const current = SECRET;
	const previous = OLD_SECRET;

	test.each<[string, Buffer, { current: string; previous?: string }, string]>([
		['the current secret', hmac(current), { current, previous }, 'current'],
		['the previous secret', hmac(previous), { current, previous }, 'previous'],
		['the current secret alone', hmac(current), { current }, 'current'],
		['a secret that is both', hmac(current), { current, previous: current }, 'current'],
		['an old secret after the rotation', hmac(previous), { current }, 'none'],
		['another secret', hmac('forged'), { current, previous }, 'none'],
		['an empty previous secret', hmac(''), { current, previous: '' }, 'none'],
		['a secret of NULs', hmac(''), { current: '\0'.repeat(16) }, 'none'],
		['a blank previous secret', hmac(' \t'), { current, previous: ' \t' }, 'none'],
		['an empty current secret', hmac(''), { current: '' }, 'none'],
		[
			'a secret in UTF-8',
			hmac('コールセンターの秘密🔑'),
			{ current: 'コールセンターの秘密🔑' },
			'current',
		],
		['a secret with its spaces', hmac(` ${current} `), { current: ` ${current} ` }, 'current'],
		['a secret less its spaces', hmac(current), { current: ` ${current} ` }, 'current'],
		['a secret less what came with a paste', hmac(current), { current: PASTED }, 'current'],
		[
			'a previous secret less it',
			hmac(previous),
			{ current, previous: `${previous}\n` },
			'previous',
		],
		['a secret less what is inside', hmac('ab'), { current: 'a\u200bb' }, 'none'],
		['a secret with spaces that was typed without', hmac(` ${current}`), { current }, 'none'],
		['nothing, beside invisible characters', hmac(''), { current: '\u200b \0' }, 'none'],
	])('tells %s', (_, digest, secrets, expected) => {
		expect(verify(BODY, digest, secrets)).toBe(expected);
	});

	test('refuses a body that differs in one bit', () => {
		for (let bit = 0; bit < BODY.length * 8; bit++) {
			const changed = Buffer.from(BODY);
			changed.writeUInt8(changed.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
			expect(verify(changed, hmac(SECRET), { current })).toBe('none');
		}
	});

	test('refuses a digest that differs in one bit', () => {
		for (let bit = 0; bit < 256; bit++) {
			const digest = hmac(SECRET);
			digest.writeUInt8(digest.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
			expect(verify(BODY, digest, { current })).toBe('none');
		}
	});

	test('leaves the compare to timingSafeEqual alone, whichever byte is wrong', () => {
		const compare = jest.spyOn(crypto, 'timingSafeEqual');
		try {
			for (let byte = 0; byte < 32; byte++) {
				const digest = hmac(SECRET);
				digest.writeUInt8(digest.readUInt8(byte) ^ 0xff, byte);
				compare.mockClear();
				expect(verify(BODY, digest, { current, previous })).toBe('none');
				expect(compare.mock.calls).toEqual([
					[hmac(current), digest],
					[hmac(previous), digest],
				]);
				compare.mockReturnValueOnce(true);
				expect(verify(BODY, digest, { current, previous })).toBe('current');
			}
			compare.mockReturnValueOnce(false);
			expect(verify(BODY, hmac(current), { current })).toBe('none');
		} finally {
			compare.mockRestore();
		}
	});

	test('takes bytes that are no text', () => {
		const bytes = Buffer.from([0xff, 0x00, 0xfe]);
		expect(verify(bytes, hmac(SECRET, bytes), { current })).toBe('current');
	});
});
