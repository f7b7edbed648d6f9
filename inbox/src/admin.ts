import { createServer, type Server } from 'node:http';

import type { FastifyInstance } from 'fastify';

import type { Address } from './listen';

export interface Admin {
	listen(address: Address): Promise<void>;
	close(): Promise<void>;
}

/** What the admin port answers: the operator's page, the API, or both. */
export function createAdmin({
	page,
	api,
}: {
	page?: FastifyInstance;
	api?: FastifyInstance;
}): Admin {
	const server = createServer((request, response) => {
		const isApi = /^\/api(?:[/?]|$)/.test(request.url ?? '');
		const app = isApi ? api : page;
		if (app !== undefined) {
			app.routing(request, response);
			return;
		}
		const setting = isApi ? 'INBOX_API_KEY' : 'INBOX_PAGE_PASSWORD';
		const error = `The ${isApi ? 'API' : 'page'} is off: ${setting} is not set`;
		response.writeHead(404, { 'content-type': 'application/json; charset=utf-8' });
		response.end(JSON.stringify({ error }));
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

async function listening(server: Server, address: Address): Promise<void> {
	await new Promise<void>((resolve, reject) => {
		server.once('error', reject);
		server.listen(address, () => {
			server.off('error', reject);
			resolve();
		});
	});
}
