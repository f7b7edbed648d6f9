import { randomUUID } from 'node:crypto';

import { startIngest, type StartedIngest } from '../../harness/koeiq/ingest';
import { WAV } from '../../harness/koeiq/recording';
import { activate } from '../../harness/trigger';
import { chain, node, webhookNode, type Workflow } from '../../harness/workflow';
import { disposedAfterAll } from '../support/disposed';
import { offeredTools, startChatModel, toolResults } from './support/chat-model';
import { n8nUnderTest } from './support/trigger';
import { API_KEY } from './support/upload';

/* The KoeIQ node as a tool of n8n's AI Agent, whose model is a stand-in. */

let koeIq: StartedIngest;

const started = disposedAfterAll();

beforeAll(async () => {
	koeIq = await started(startIngest({ apiKey: API_KEY }));
});

// 2 runs its tools itself, 3 has n8n run them.
test.each([2.2, 3])(
	'the tool of an AI Agent %s uploads the file of a node that its field names by an expression',
	async (version) => {
		const callId = `CALL-AGENT-${version}`;
		const model = await started(startChatModel({ Call_ID: callId }));
		const n8n = await n8nUnderTest();
		const path = randomUUID();
		const workflow = agentWorkflow(path, version, {
			koeIqApi: await n8n.createCredential('koeIqApi', { apiKey: API_KEY, baseUrl: koeIq.url }),
			openAiApi: await n8n.createCredential('openAiApi', {
				...{ apiKey: 'sk-test', url: `${model.url}/v1` },
			}),
		});
		const { url, workflowId } = await activate(n8n, workflow, path);
		// Waiting for the webhook has started it without a file.
		const [first] = await n8n.waitForExecutions(workflowId, 1);
		model.reset();
		const form = new FormData();
		form.set('file', new Blob([WAV.content], { type: WAV.type }), WAV.name);
		await fetch(url, { method: 'POST', body: form });
		await n8n.waitForExecutions(workflowId, 1, first?.id);

		expect(offeredTools(model)).toContain('KoeIQ: Upload a recording in KoeIQ');
		const upload = koeIq.uploads.find(({ fields }) => fields.call_id === callId);
		expect(upload?.file.size).toBe(WAV.content.length);
		expect(toolResults(model)).toEqual([
			expect.stringContaining(upload?.voicelog_id ?? 'no upload'),
		]);
	},
);

/** A file comes in, and an agent is asked to upload it. */
function agentWorkflow(
	path: string,
	version: number,
	ids: { koeIqApi: string; openAiApi: string },
): Workflow {
	const agent = { promptType: 'define', text: 'Upload this recording.', options: {} };
	const model = { model: { __rl: true, mode: 'id', value: 'stand-in' }, options: {} };
	const tool = {
		binaryPropertyName: "={{ $('Webhook').item.binary.file }}",
		// As the editor writes "Let the model define this parameter".
		callId: "={{ $fromAI('Call_ID', ``, 'string') }}",
	};
	const workflow = chain(`Agent ${path}`, [
		webhookNode(path),
		node('AI Agent', '@n8n/n8n-nodes-langchain.agent', version, agent),
	]);
	workflow.nodes.push(
		node('Model', '@n8n/n8n-nodes-langchain.lmChatOpenAi', 1.2, model, {
			credentials: { openAiApi: { id: ids.openAiApi, name: 'Model' } },
		}),
		node('KoeIQ', 'n8n-nodes-koeiq.koeIqTool', 1, tool, {
			credentials: { koeIqApi: { id: ids.koeIqApi, name: 'KoeIQ' } },
		}),
	);
	workflow.connections.Model = {
		main: [],
		ai_languageModel: [[{ node: 'AI Agent', type: 'ai_languageModel', index: 0 }]],
	};
	workflow.connections.KoeIQ = {
		main: [],
		ai_tool: [[{ node: 'AI Agent', type: 'ai_tool', index: 0 }]],
	};
	return workflow;
}
