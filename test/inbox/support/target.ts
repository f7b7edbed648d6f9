import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';

import { freePort } from '../../../harness/ports';

/** What a target got: one POST. */
export interface Got {
	/** The envelope's `data.voicelog_id`. */
	id: string;
	body: string;
	headers: IncomingMessage['headers'];
	at: number;
}

type Behaviour = (got: Got, response: ServerResponse) => void;

/** Stands for n8n with a KoeIQ Trigger: says that it is ready, and takes what it gets, unless it is told otherwise. */
export class Target {
	/** What it answered 200, in the order in which it came. */
	readonly taken: Got[] = [];
	/** Every POST. */
	readonly posts: Got[] = [];
	/** When each GET came. */
	readonly asked: number[] = [];
	isReady = true;
	url = '';
	behave: Behaviour = (got, response) => {
		this.take(got, response);
	};
	private server: Server | undefined;
	private port = 0;

	static async start(): Promise<Target> {
		const target = new Target();
		await target.listen();
		return target;
	}

	take(got: Got, response: ServerResponse): void {
		this.taken.push(got);
		response.end();
	}

	/** Answers everything with a status. */
	answering(status: number, body = '{}', type = 'application/json'): Behaviour {
		return (_got, response) => response.writeHead(status, { 'content-type': type }).end(body);
	}

	takes(): void {
		this.behave = (got, response) => {
			this.take(got, response);
		};
	}

	/** At the same address each time: nothing else is given its port while it is away. */
	async listen(): Promise<void> {
		this.port ||= await freePort();
		this.url = `http://127.0.0.1:${this.port}/webhook/${this.port}/koeiq`;
		const server = createServer((request, response) => {
			if (request.method === 'GET') {
				this.asked.push(Date.now());
				response.writeHead(this.isReady ? 200 : 503, { 'content-type': 'application/json' });
				response.end(JSON.stringify({ ready: this.isReady }));
				return;
			}
			const chunks: Buffer[] = [];
			request.on('data', (chunk: Buffer) => chunks.push(chunk));
			request.on('end', () => {
				const body = Buffer.concat(chunks).toString();
				const got = { id: idOf(body), body, headers: request.headers, at: Date.now() };
				this.posts.push(got);
				this.behave(got, response);
			});
		});
		server.listen(this.port, '127.0.0.1');
		await new Promise((resolve, reject) => {
			server.once('listening', resolve);
			server.once('error', reject);
		});
		this.server = server;
	}

	async [Symbol.asyncDispose](): Promise<void> {
		await this.close();
	}

	/** Is away: nothing listens on its port. */
	async close(): Promise<void> {
		const { server } = this;
		this.server = undefined;
		if (server === undefined) return;
		server.closeAllConnections();
		await new Promise((resolve) => server.close(resolve));
	}
}

function idOf(body: string): string {
	const { data } = JSON.parse(body) as { data?: { voicelog_id?: string } };
	return data?.voicelog_id ?? '';
}
