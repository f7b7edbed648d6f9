import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

import express from 'express';
import { WebhookContext } from 'n8n-core';
import type {
	ICredentialDataDecryptedObject,
	INode,
	INodeType,
	IWebhookData,
	IWebhookResponseData,
	IWorkflowExecuteAdditionalData,
} from 'n8n-workflow';

import { KoeIqWebhookApi } from '../../../credentials/KoeIqWebhookApi.credentials';
import { workflowOf } from './n8n-node';

export const SECRET = 'the-secret-that-koeiq-signs-with';
/** Bytes of the largest body. */
export const LIMIT = 1_000;

/** The trigger on n8n-core's own webhook context, behind real HTTP requests. */
export class WebhookServer {
	/** What a test may change of the node before a request. */
	node: Partial<INode> = {};
	credential: () => ICredentialDataDecryptedObject = () => ({ webhookSecret: SECRET });
	/** What n8n throws in place of the body. */
	bodyError: Error | undefined;
	/** The lines that the node has logged as warnings. */
	readonly warnings: string[] = [];
	/** What `webhook()` returned for the last request. */
	returned: IWebhookResponseData | undefined;
	/** What the node read for the last request, in this order. */
	read: string[] = [];

	private readonly server: Server;

	private constructor(readonly trigger: INodeType) {
		const app = express();
		app.all('/', async (request, response) => {
			this.read = [];
			request.readRawBody = async () => {
				this.read.push('body');
				const bytes = await readBytes(request);
				if (this.bodyError !== undefined) throw this.bodyError;
				request.rawBody = bytes;
			};
			this.returned = await trigger.webhook?.call(this.context(request, response));
			// n8n answers itself if the node has not.
			if (this.returned?.noWebhookResponse !== true) response.status(200).end();
		});
		this.server = createServer(app);
	}

	static async start(trigger: INodeType): Promise<WebhookServer> {
		const made = new WebhookServer(trigger);
		await new Promise<void>((resolve) => made.server.listen(0, '127.0.0.1', resolve));
		return made;
	}

	get url(): string {
		return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/`;
	}

	async stop(): Promise<void> {
		await new Promise((resolve) => this.server.close(resolve));
	}

	/** A workflow of the trigger alone. */
	workflow() {
		const credentials = [{ type: new KoeIqWebhookApi(), data: {} }];
		return workflowOf({ nodeType: this.trigger, node: this.node, credentials });
	}

	private context(httpRequest: express.Request, httpResponse: express.Response): WebhookContext {
		const { workflow, node } = this.workflow();
		const webhookDescription = this.trigger.description.webhooks?.find(
			({ httpMethod }) => httpMethod === httpRequest.method,
		);
		const webhook = { webhookDescription } as IWebhookData;
		const additionalData = {
			httpRequest,
			httpResponse,
			credentialsHelper: {
				isCredentialUsableByNode: () => true,
				getDecrypted: async () => {
					this.read.push('credential');
					return this.credential();
				},
			},
		} as unknown as IWorkflowExecuteAdditionalData;
		const context = new WebhookContext(
			workflow,
			node,
			additionalData,
			'webhook',
			webhook,
			[],
			null,
		);
		const logger = { warn: (line: string) => this.warnings.push(line), error: () => undefined };
		return Object.defineProperty(context, 'logger', { value: logger });
	}
}

/** As n8n's own `readRawBody`: over the limit, it throws an error with a `statusCode`. */
async function readBytes(request: IncomingMessage): Promise<Buffer> {
	const chunks: Buffer[] = [];
	let length = 0;
	for await (const chunk of request as AsyncIterable<Buffer>) {
		length += chunk.length;
		chunks.push(chunk);
	}
	if (length > LIMIT) throw Object.assign(new Error('too large'), { statusCode: 413 });
	return Buffer.concat(chunks);
}
