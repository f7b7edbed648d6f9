import type { ICredentialType, INodeProperties } from 'n8n-workflow';

/** The secret that KoeIQ signs with. KoeIQ has nothing to call, so the trigger tests the secret itself. */
export class KoeIqWebhookApi implements ICredentialType {
	name = 'koeIqWebhookApi';

	displayName = 'KoeIQ Webhook API';

	icon = {
		light: 'file:../nodes/KoeIq/koeiq.svg',
		dark: 'file:../nodes/KoeIq/koeiq.dark.svg',
	} as const;

	documentationUrl =
		'https://github.com/OWNER/n8n-nodes-koeiq/blob/main/docs/trigger.md#the-webhook-credential';

	properties: INodeProperties[] = [
		{
			displayName: 'Webhook Secret',
			name: 'webhookSecret',
			type: 'string',
			typeOptions: { password: true },
			required: true,
			default: '',
			hint: 'Copy it from KoeIQ: Admin → Settings → Webhook Settings. It needs at least 16 characters. KoeIQ can’t validate secrets, so n8n checks the format, and whether recent requests had another secret. A Test Ping that gets a 200 shows that the secret is right.',
			description:
				'The secret proves that an event comes from KoeIQ, so KoeIQ and n8n must have the same one. Without a secret, the trigger rejects every request. A change takes effect at once, in all workflows that use this credential.',
		},
		{
			displayName: 'Previous Webhook Secret',
			name: 'previousWebhookSecret',
			type: 'string',
			typeOptions: { password: true },
			default: '',
			hint: 'Leave empty unless you’re rotating the secret',
			description:
				'To change the secret, copy the current one from KoeIQ and paste it here, enter the new one above, and save. Then change it in KoeIQ. The trigger accepts events signed with either. Empty this field once KoeIQ uses the new one and, with the inbox, no older event is waiting, retrying or failed.',
		},
	];
}
