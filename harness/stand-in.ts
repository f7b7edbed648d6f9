import { createServer, type OutgoingHttpHeaders, type Server } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

import type { Started } from './disposal';
import { freePort } from './ports';

/** A request as it came. */
export interface Received {
	method: string;
	/** With its query. */
	path: string;
	/** By their names in lower case; each as often as it was sent. */
	headers: NodeJS.Dict<string[]>;
	body: Buffer;
	/** Milliseconds since the epoch. */
	at: number;
}

/** What a request is answered; 200 and `{}` as JSON, at once, unless it says otherwise. */
export interface Reply {
	status?: number;
	headers?: OutgoingHttpHeaders;
	body?: string;
	/** Milliseconds from the request to its answer. */
	delay?: number;
}

/** `'hang up'` breaks the connection; a promise that never settles gives no answer. */
export type Answer = (request: Received) => Reply | 'hang up' | Promise<Reply | 'hang up'>;

const USUAL: Required<Reply> = {
	status: 200,
	headers: { 'content-type': 'application/json' },
	body: '{}',
	delay: 0,
};

/** A server of the tests in place of another's, such as a chat: it records every request, and answers as it is told. */
export class StandIn implements Started {
	/** In the order in which they came. */
	readonly requests: Received[] = [];
	url = '';
	private readonly answered2xx: Received[] = [];
	private server: Server | undefined;
	private port = 0;

	/** @param answer may be replaced at any time; {@link reset} brings this one back */
	private constructor(
		private readonly first: Answer,
		public answer = first,
	) {}

	static async start(answer: Answer = () => ({})): Promise<StandIn> {
		const standIn = new StandIn(answer);
		await standIn.listen();
		return standIn;
	}

	/** The JSON bodies of the requests that were answered 2xx. */
	get accepted(): unknown[] {
		return this.answered2xx.map(({ body }) => JSON.parse(body.toString()) as unknown);
	}

	/** As new, but at the same address. */
	reset(): void {
		this.requests.length = 0;
		this.answered2xx.length = 0;
		this.answer = this.first;
	}

	/** At the same address each time. */
	async listen(): Promise<void> {
		this.port ||= await freePort();
		this.url = `http://127.0.0.1:${this.port}`;
		const server = createServer((request, response) => {
			const chunks: Buffer[] = [];
			request.on('data', (chunk: Buffer) => chunks.push(chunk));
			request.on('end', () => {
				const { method = '', url: path = '', headersDistinct: headers } = request;
				const received = { method, path, headers, body: Buffer.concat(chunks), at: Date.now() };
				this.requests.push(received);
				void this.reply(received).then((reply) => {
					if (reply === 'hang up') request.socket.destroy();
					else response.writeHead(reply.status, reply.headers).end(reply.body);
				});
			});
		});
		await new Promise<void>((resolve, reject) => {
			server.once('error', reject).listen(this.port, '127.0.0.1', resolve);
		});
		this.server = server;
	}

	private async reply(request: Received): Promise<Required<Reply> | 'hang up'> {
		const told = await this.answer(request);
		if (told === 'hang up') return told;
		const reply = { ...USUAL, ...told };
		if (reply.status < 300) this.answered2xx.push(request);
		await sleep(reply.delay);
		return reply;
	}

	/** Is away: nothing listens on its port until {@link listen}. */
	async stop(): Promise<void> {
		const { server } = this;
		this.server = undefined;
		if (server === undefined) return;
		server.closeAllConnections();
		await new Promise((resolve) => server.close(resolve));
	}

	async [Symbol.asyncDispose](): Promise<void> {
		await this.stop();
	}

	/** An HTTP Request node that sends its item here. */
	node() {
		return {
			type: 'n8n-nodes-base.httpRequest',
			typeVersion: 4.2,
			parameters: {
				method: 'POST',
				url: this.url,
				sendBody: true,
				specifyBody: 'json',
				jsonBody: '={{ $json }}',
				options: {},
			},
		};
	}
}
