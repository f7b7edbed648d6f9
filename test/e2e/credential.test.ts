import { n8nUnderTest, SECRET } from './support/trigger';

test.each([
	['a good secret', 'sixteen-letters!', 'OK', /looks right/],
	['an empty one', '', 'Error', /is empty/],
	['a short one', 'short', 'Error', /only 5 characters/],
	['one with a line break', 'sixteen-letters!\n', 'Error', /white space/],
])('the credential form tests %s', async (_, webhookSecret, status, message) => {
	const n8n = await n8nUnderTest();
	const type = 'koeIqWebhookApi';
	const id = await n8n.createCredential(type, { webhookSecret: SECRET });
	const data = { webhookSecret, previousWebhookSecret: '' };
	expect(await n8n.testCredential(id, type, data)).toEqual({
		status,
		message: expect.stringMatching(message) as unknown,
	});
});
