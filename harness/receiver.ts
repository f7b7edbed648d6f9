import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Stands for a chat, or for the user's own work: it keeps what it gets, and fails while it is told to. */
export class Receiver {
	/** The bodies it took, in the order in which they came. */
	got: unknown[] = [];
	answer = '{}';
	/** Which bodies it answers with 500, and does not keep. */
	fails: (body: unknown) => boolean = () => false;
	milliseconds = 0;
	url = '';

	private readonly server: Server = createServer((request, response) => {
		const chunks: Buffer[] = [];
		request.on('data', (chunk: Buffer) => chunks.push(chunk));
		request.on('end', () => {
			const body: unknown = JSON.parse(Buffer.concat(chunks).toString());
			const failing = this.fails(body);
			if (!failing) this.got.push(body);
			response.statusCode = failing ? 500 : 200;
			response.setHeader('content-type', 'application/json');
			setTimeout(() => response.end(this.answer), this.milliseconds);
		});
	});

	async start(): Promise<void> {
		this.server.listen(0, '127.0.0.1');
		await new Promise((resolve) => this.server.once('listening', resolve));
		this.url = `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/`;
	}

	/** As new, but at the same address. */
	reset(): void {
		Object.assign(this, { got: [], answer: '{}', fails: () => false, milliseconds: 0 });
	}

	async stop(): Promise<void> {
		this.server.closeAllConnections();
		await new Promise((resolve) => this.server.close(resolve));
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
