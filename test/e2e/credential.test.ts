import { n8nUnderTest, SECRET } from './support/trigger';

const GOOD = 'sixteen-letters!';

/* Every verdict is in test/unit/secret.test.ts: here is how n8n shows them. */

test.each([
	['a good secret', GOOD, '', 'OK', /looks right/],
	['a short one', 'short', '', 'Error', /only 5 characters/],
	['a short previous one', GOOD, 'old', 'Error', /previous .* only 3 characters/],
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
