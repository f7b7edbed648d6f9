import { n8nUnderTest, SECRET } from './support/trigger';

const GOOD = 'sixteen-letters!';

test.each([
	['a good secret', GOOD, '', 'OK', /looks right/],
	['a good secret and the one before it', GOOD, 'letters!-sixteen', 'OK', /looks right/],
	['an empty one', '', '', 'Error', /is empty/],
	['a short one', 'short', '', 'Error', /only 5 characters/],
	['one with a line break', `${GOOD}\n`, '', 'Error', /white space/],
	['one with a zero-width space', `\u200b${GOOD}`, '', 'Error', /invisible character/],
	['one that NULs make long', `sixteen\0\0\0-letters`, '', 'Error', /only 15 characters/],
	['the public one', 'try-it-without-koeiq', '', 'Error', /everybody knows it/],
	['a short previous one', GOOD, 'old', 'Error', /previous .* only 3 characters/],
	['a previous one with a space', GOOD, ` ${GOOD}`, 'Error', /previous .* white space/],
])(
	'the credential form tests %s',
	async (_, webhookSecret, previousWebhookSecret, status, message) => {
		const n8n = await n8nUnderTest();
		const type = 'koeIqWebhookApi';
		const id = await n8n.createCredential(type, { webhookSecret: SECRET });
		const data = { webhookSecret, previousWebhookSecret };
		expect(await n8n.testCredential(id, type, data)).toEqual({
			status,
			message: expect.stringMatching(message) as unknown,
		});
	},
);
