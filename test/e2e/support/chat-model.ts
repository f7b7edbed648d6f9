import { StandIn } from '../../../harness/stand-in';

interface Conversation {
	messages: Array<{ role: string; content: unknown }>;
	tools?: Array<{ function: { name: string; description: string } }>;
}

/** A stand-in of a chat model with OpenAI's API: it calls the first tool once, then says that it is done. */
export async function startChatModel(input: Record<string, string>): Promise<StandIn> {
	return await StandIn.start(({ body }) => {
		const conversation = JSON.parse(body.toString()) as Conversation;
		const name = conversation.tools?.[0]?.function.name;
		const call = { name, arguments: JSON.stringify(input) };
		const message =
			toolResult(conversation) === undefined && name !== undefined
				? { content: null, tool_calls: [{ id: 'call_1', type: 'function', function: call }] }
				: { content: 'Done.' };
		const choice = { index: 0, message: { role: 'assistant', ...message } };
		return { body: JSON.stringify({ id: '1', object: 'chat.completion', choices: [choice] }) };
	});
}

/** The tools that the agent offered, each as `name: description`. */
export function offeredTools(model: StandIn): string[] {
	const offered = (model.accepted as Conversation[]).flatMap(({ tools = [] }) => tools);
	return offered.map(({ function: { name, description } }) => `${name}: ${description}`);
}

/** What the tools answered. */
export function toolResults(model: StandIn): string[] {
	return (model.accepted as Conversation[]).flatMap((one) => toolResult(one) ?? []);
}

function toolResult({ messages }: Conversation): string | undefined {
	const result = messages.find(({ role }) => role === 'tool');
	return result === undefined ? undefined : String(result.content);
}
