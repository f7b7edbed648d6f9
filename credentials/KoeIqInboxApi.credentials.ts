import type { IAuthenticateGeneric, ICredentialType, INodeProperties } from 'n8n-workflow';

import { trimmedField } from '../nodes/KoeIq/core/invisible';

/** The address of the inbox and the key to its API. */
export class KoeIqInboxApi implements ICredentialType {
	name = 'koeIqInboxApi';

	displayName = 'KoeIQ Inbox API';

	icon = {
		light: 'file:../nodes/KoeIq/koeiq.svg',
		dark: 'file:../nodes/KoeIq/koeiq.dark.svg',
	} as const;

	documentationUrl =
		'https://github.com/OWNER/n8n-nodes-koeiq/blob/main/docs/trigger.md#with-the-inbox';

	properties: INodeProperties[] = [
		{
			displayName: 'URL',
			name: 'url',
			type: 'string',
			required: true,
			default: '',
			placeholder: 'e.g. http://inbox:8081',
			hint: 'The address of the inbox’s admin port, as n8n reaches it. In Docker Compose: http://inbox:8081.',
			description:
				'Host and port (INBOX_ADMIN_PORT) of the inbox. In a container, localhost is the container itself: use the name of the inbox’s service. This is not the address that KoeIQ calls.',
		},
		{
			displayName: 'API Key',
			name: 'apiKey',
			type: 'string',
			typeOptions: { password: true },
			required: true,
			default: '',
			hint: 'The INBOX_API_KEY of the inbox',
			description: 'This is neither the webhook secret nor the password of the inbox’s page',
		},
		{
			displayName: 'n8n URL',
			name: 'n8nUrl',
			type: 'string',
			default: '',
			placeholder: 'e.g. http://n8n:5678',
			hint: 'The address at which the inbox reaches n8n. In Docker Compose: http://n8n:5678. If empty, the inbox uses the address in n8n’s webhook URLs. After a change, unpublish and publish the workflows that use it.',
			description:
				'Scheme, host and port. Set it if the inbox can’t reach n8n’s public address, or shouldn’t use it.',
		},
	];

	authenticate: IAuthenticateGeneric = {
		type: 'generic',
		properties: { headers: { Authorization: `=Bearer {{ ${trimmedField('apiKey')} }}` } },
	};
}
