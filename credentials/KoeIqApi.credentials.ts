import type { IAuthenticateGeneric, ICredentialType, INodeProperties } from 'n8n-workflow';

import { trimmedField } from '../nodes/KoeIq/core/invisible';

/** The key to KoeIQ's Ingest API. KoeIQ has no call that tests a key, so the node checks only its form. */
export class KoeIqApi implements ICredentialType {
	name = 'koeIqApi';

	displayName = 'KoeIQ API';

	icon = {
		light: 'file:../nodes/KoeIq/koeiq.svg',
		dark: 'file:../nodes/KoeIq/koeiq.dark.svg',
	} as const;

	documentationUrl = 'https://github.com/OWNER/n8n-nodes-koeiq/blob/main/docs/upload.md#credential';

	properties: INodeProperties[] = [
		{
			displayName: 'API Key',
			name: 'apiKey',
			type: 'string',
			typeOptions: { password: true },
			required: true,
			default: '',
			hint: 'Create it in KoeIQ: Settings → API Key → Generate. KoeIQ shows it only once. KoeIQ can’t validate keys, so n8n checks only the format.',
			description:
				'The key can only upload recordings. It is not the webhook secret of the KoeIQ Trigger.',
		},
		{
			displayName: 'Base URL',
			name: 'baseUrl',
			type: 'string',
			default: 'https://app.koeiq.com',
			description: 'Change this only if your company has its own KoeIQ at another address',
		},
	];

	authenticate: IAuthenticateGeneric = {
		type: 'generic',
		properties: { headers: { 'X-API-Key': `={{ ${trimmedField('apiKey')} }}` } },
	};
}
