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
			hint: 'Copy it from KoeIQ: Admin → Settings → Webhook Settings. At least 16 characters. n8n can only test its format: a Test Ping from KoeIQ that gets a 200 shows that it is right.',
			description:
				'It proves that an event really comes from KoeIQ, so both sides must hold the same text. A change counts at once, in every workflow that uses this credential.',
		},
		{
			displayName: 'Previous Webhook Secret',
			name: 'previousWebhookSecret',
			type: 'string',
			typeOptions: { password: true },
			default: '',
			hint: 'Leave empty except while rotating the secret',
			description:
				'To change the secret: put the old one here and the new one above, save, then change it in KoeIQ. Events signed with either are accepted. Empty this field when KoeIQ uses the new one.',
		},
	];
}
