import crypto, { createHmac } from 'node:crypto';

import { readDigest, verify } from '../../nodes/KoeIq/core/signature';

const BODY = Buffer.from('{"event":"ping"}');
const SECRET = 'the-secret-that-koeiq-signs-with';
const OLD_SECRET = 'the-secret-of-last-year';
const PASTED = `\u200b\u00ad ${SECRET}\u2060\0\r\n`;

const hmac = (secret: string, body: Uint8Array = BODY) =>
	createHmac('sha256', secret).update(body).digest();
const hex = hmac(SECRET).toString('hex');

const PING = '{"event":"ping"}';
const NOT_UTF8 = Buffer.from([0xff, 0x00, 0xfe]);

/* The digests are from Python's hmac module, and some of them once more from openssl. */
test.each<[digest: string, body: string | Uint8Array, secret?: string]>([
	['c1b5d341419b06edfb6be0e8c45f59ca3d1dc804fbccd30bea0d14de76661cd4', PING],
	[
		'cec35b8ddee2051abc6bb83ace28ad36f4bd1da2ed04a294bf0b58e2b2380c1c',
		'{"event":"ping","text":"通話が終了しました"}',
	],
	[
		'0411d2dfe60090f075418d7ac161076373819c445926403b06543169facabb65',
		'{"event":"ping","text":"\\u901a\\u8a71"}',
	],
	['c384ebf8d1c909a0d4f151c473d8c7289362d0791fec7f34939d8a72f991ce4a', `\ufeff${PING}`],
	[
		'b50c58bb2c02d6164364aa94b5752f5813e9e42b65d92491b96a8b6be3ed8e2e',
		'{\r\n\t"event": "ping"\r\n}\r\n',
	],
	['3e3970f2397c85957228836860eb81187008d3b0062a60c6bf22572ca7c71627', ''],
	['2bf9de7afc93f6a3c6304073118de0f320ac844b1989c09ef4a683817298054c', NOT_UTF8],
	['5da75b2f46491cee15733d5cec3c5cbdc82d2d6f59281eaa841d9d4863c65176', 'a'.repeat(1_000_000)],
	[
		'23016096953d85e8531fe66dd31784291ed1737882d1bec62bf9055df63da7af',
		PING,
		'コールセンターの秘密🔑',
	],
	[
		'002b58e9607d43d2d419985f045ac8a5bf31f4f1c98495981c7dc8a9886be88c',
		PING,
		' secret with spaces ',
	],
	['41316906deb8ec9063636e691b1ba917211156edd916a765656b6baf49309a1f', PING, 'secret\0with-a-nul'],
	// As long as a block of SHA-256, and longer.
	['ea59a1f33f2684ce41a116aa616676f0577a99980a138f57d71bae86b2372757', PING, 'k'.repeat(64)],
	['faae76f0d6dd26af0cf519136713b77ffb621a6d378a12ec8dca361a14de63aa', PING, 'k'.repeat(200)],
	// RFC 4231, test case 2.
	[
		'5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843',
		'what do ya want for nothing?',
		'Jefe',
	],
])('verifies the known signature %s', (digest, body, secret = SECRET) => {
	const claimed = readDigest(`sha256=${digest}`) ?? Buffer.alloc(32);
	expect(verify(Buffer.from(body), claimed, { current: secret })).toBe('current');
});

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
	])('says who signed, with %s', (_, digest, secrets, expected) => {
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

	test('compares by timingSafeEqual only, whichever byte is wrong', () => {
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
});
