import { ALERT, n8nUnderTest, SECRET, TriggerUnderTest } from './support/trigger';

const GOOD = 'sixteen-letters!';

/* Every verdict is in test/unit/secret.test.ts: here is how n8n shows them. */

test.each([
	['a good secret', GOOD, '', 'OK', /format of the secret is right/],
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

test('it is red after requests that were signed with another secret, until one is right', async () => {
	const n8n = await n8nUnderTest();
	const trigger = await TriggerUnderTest.start({ secrets: { webhookSecret: GOOD } });
	const id = trigger.credentialId ?? '';
	const tested = async (webhookSecret: string) => {
		const data = { webhookSecret, previousWebhookSecret: '' };
		return await n8n.testCredential(id, 'koeIqWebhookApi', data);
	};
	for (let i = 0; i < 3; i += 1) await trigger.send(ALERT, { secret: SECRET });

	// A process that takes no webhooks knows of none.
	const isToldOf = n8n.webhooks === n8n.url;
	expect(await tested(GOOD)).toMatchObject(
		isToldOf
			? {
					status: 'Error',
					message: expect.stringMatching(
						/^The last 3 requests \(.* ago\) were signed with another/,
					) as unknown,
				}
			: { status: 'OK' },
	);
	expect(await tested(SECRET)).toMatchObject({ status: 'OK' });
	await trigger.send(ALERT, { secret: GOOD });
	expect(await tested(GOOD)).toMatchObject({ status: 'OK' });
});
