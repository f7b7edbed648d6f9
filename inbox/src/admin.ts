import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';

import type { FastifyInstance } from 'fastify';

import type { Address } from './listen';
import { logSometimes } from './log';

export interface Admin {
	listen(address: Address): Promise<void>;
	close(): Promise<void>;
}

/**
 * What the admin port answers: the operator's page, the API, or both.
 *
 * @param entrance where webhooks are taken, in words: whoever sends them here by mistake is told
 */
export function createAdmin({
	page,
	api,
	entrance,
}: {
	page?: FastifyInstance;
	api?: FastifyInstance;
	entrance: string;
}): Admin {
	const server = createServer((request, response) => {
		const isApi = /^\/api(?:[/?]|$)/.test(request.url ?? '');
		if (!isApi && isWebhook(request)) {
			const error = `This is the port of the inbox's page and API. The URL in KoeIQ has to lead to ${entrance}`;
			logSometimes('wrong-port', {}, `A webhook came to the wrong port. ${error}`);
			refuse(response, error);
			return;
		}
		const app = isApi ? api : page;
		if (app !== undefined) {
			app.routing(request, response);
			return;
		}
		const setting = isApi ? 'INBOX_API_KEY' : 'INBOX_PAGE_PASSWORD';
		refuse(response, `The ${isApi ? 'API' : 'page'} is off: ${setting} is not set`);
	});
	return {
		listen: async ({ host, port }) => {
			await Promise.all([page?.ready(), api?.ready()]);
			await listening(server, { host, port });
		},
		close: async () => {
			const closed = new Promise((resolve) => server.close(resolve));
			server.closeAllConnections();
			await Promise.all([closed, page?.close(), api?.close()]);
		},
	};
}

/** The page's forms are no JSON. Led to the sign-in, a sender would take its 200 for its own. */
function isWebhook({ method, headers }: IncomingMessage): boolean {
	const type = headers['content-type'] ?? '';
	return method === 'POST' && !type.startsWith('application/x-www-form-urlencoded');
}

function refuse(response: ServerResponse, error: string): void {
	response.writeHead(404, { 'content-type': 'application/json; charset=utf-8' });
	response.end(JSON.stringify({ error }));
}

async function listening(server: Server, address: Address): Promise<void> {
	await new Promise<void>((resolve, reject) => {
		server.once('error', reject);
		server.listen(address, () => {
			server.off('error', reject);
			resolve();
		});
	});
}
