import { existsSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';

import { environment } from './command';
import type { Installation } from './install';
import { freePort } from './ports';

/**
 * Takes an isolate only for an expression that needs one. As shipped, 2.x takes one for every request to the webhook of
 * a community node: 60 to 80 ms of CPU.
 */
export const LAZY_ISOLATES = { N8N_EXPRESSION_ENGINE_LAZY_ACQUIRE: 'true' } as const;

/** Variables of this process that would change n8n: jest's, and those of an n8n the user runs. */
const MEANT_FOR_OTHERS = /^(N8N|DB|QUEUE|EXECUTIONS|WEBHOOK|NODE|JEST)_(?!EXTRA_CA_CERTS)/;

/**
 * As a user would have it, but alone: on 127.0.0.1, with nothing that phones home.
 *
 * @param installation `undefined` in a container, which has its own
 */
export async function n8nSettings(
	installation: Installation | undefined,
	folder: string,
	port: number,
): Promise<NodeJS.ProcessEnv> {
	const chatty = ['mcp-registry'].filter((name) =>
		existsSync(join(installation?.folder ?? '', 'dist/modules', name)),
	);
	const inherited = Object.entries(environment()).filter(([name]) => !MEANT_FOR_OTHERS.test(name));
	return {
		...Object.fromEntries(inherited),
		...(installation === undefined
			? {}
			: { PATH: [dirname(installation.node), process.env.PATH].join(delimiter) }),
		// n8n keeps generated files in the home folder, shared by all that run: give each its own.
		HOME: folder,
		N8N_USER_FOLDER: folder,
		N8N_HOST: '127.0.0.1',
		N8N_LISTEN_ADDRESS: '127.0.0.1',
		N8N_PORT: String(port),
		QUEUE_HEALTH_CHECK_PORT: String(port),
		N8N_RUNNERS_BROKER_PORT: String(await freePort()),
		N8N_SECURE_COOKIE: 'false',
		N8N_ENFORCE_SETTINGS_FILE_PERMISSIONS: 'true',
		N8N_DISABLED_MODULES: chatty.join(','),
		N8N_DIAGNOSTICS_ENABLED: 'false',
		N8N_DYNAMIC_BANNERS_ENABLED: 'false',
		N8N_HIRING_BANNER_ENABLED: 'false',
		N8N_LICENSE_AUTO_RENEW_ENABLED: 'false',
		N8N_PERSONALIZATION_ENABLED: 'false',
		N8N_TEMPLATES_ENABLED: 'false',
		N8N_VERIFIED_PACKAGES_ENABLED: 'false',
		N8N_VERSION_NOTIFICATIONS_ENABLED: 'false',
	};
}
