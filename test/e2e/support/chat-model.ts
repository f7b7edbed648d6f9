import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

interface Request {
	messages: Array<{ role: string; content: unknown }>;
	tools?: Array<{ function: { name: string; description: string } }>;
}

export interface StartedChatModel {
	/** To use as the credential's base URL. */
	url: string;
	/** What the agent was offered, and what the tool answered. */
	tools: string[];
	results: string[];
	stop(): void;
}

/** A stand-in of a chat model with OpenAI's API: it calls the first tool once, then says that it is done. */
export async function startChatModel(input: Record<string, string>): Promise<StartedChatModel> {
	const tools: string[] = [];
	const results: string[] = [];
	const server = createServer((request, response) => {
		let text = '';
		request.on('data', (chunk: Buffer) => (text += chunk.toString()));
		request.on('end', () => {
			const { messages, tools: offered = [] } = JSON.parse(text) as Request;
			const result = messages.find(({ role }) => role === 'tool');
			tools.push(...offered.map(({ function: tool }) => `${tool.name}: ${tool.description}`));
			if (result !== undefined) results.push(String(result.content));
			const name = offered[0]?.function.name;
			const call = { name, arguments: JSON.stringify(input) };
			const message =
				result === undefined && name !== undefined
					? { content: null, tool_calls: [{ id: 'call_1', type: 'function', function: call }] }
					: { content: 'Done.' };
			const choice = { index: 0, message: { role: 'assistant', ...message } };
			response
				.writeHead(200, { 'content-type': 'application/json' })
				.end(JSON.stringify({ id: '1', object: 'chat.completion', choices: [choice] }));
		});
	});
	server.listen(0, '127.0.0.1');
	await new Promise((resolve) => server.once('listening', resolve));
	return {
		url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
		tools,
		results,
		stop: () => {
			server.closeAllConnections();
			server.close();
		},
	};
}
