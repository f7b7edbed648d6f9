import { randomUUID } from 'node:crypto';

import { startIngest, type StartedIngest } from '../../harness/koeiq/ingest';
import { WAV } from '../../harness/koeiq/recording';
import { StandIn } from '../../harness/stand-in';
import { activate } from '../../harness/trigger';
import { webhookNode, type Workflow } from '../../harness/workflow';
import { disposedAfterAll } from '../support/disposed';
import { N8N_CAN } from '../support/version';
import { offeredTools, startChatModel, toolResults } from './support/chat-model';
import { n8nUnderTest } from './support/trigger';
import { API_KEY } from './support/upload';

/* The KoeIQ node as a tool of n8n's AI Agent, whose model is a stand-in. */

/** 2 runs its tools itself, 3 has n8n run them. */
const AGENTS = [2.2, 3];

let koeIq: StartedIngest;
let model: StandIn;

const started = disposedAfterAll();

beforeAll(async () => {
	koeIq = await started(startIngest({ apiKey: API_KEY }));
});

/** A file comes in, and an agent is asked to upload it. */
async function runAgent(typeVersion: number, callId: string, binaryPropertyName: string) {
	model = await started(startChatModel({ Call_ID: callId }));
	const n8n = await n8nUnderTest();
	const path = randomUUID();
	const workflow = agentWorkflow(path, typeVersion, binaryPropertyName, {
		koeIqApi: await n8n.createCredential('koeIqApi', { apiKey: API_KEY, baseUrl: koeIq.url }),
		openAiApi: await n8n.createCredential('openAiApi', {
			apiKey: 'sk-test',
			url: `${model.url}/v1`,
		}),
	});
	const { url, workflowId } = await activate(n8n, workflow, path);
	// Waiting for the webhook has started it without a file.
	const [first] = await n8n.waitForExecutions(workflowId, 1);
	model.reset();
	const form = new FormData();
	form.set('file', new Blob([WAV.content], { type: WAV.type }), WAV.name);
	await fetch(url, { method: 'POST', body: form });
	const [run] = await n8n.waitForExecutions(workflowId, 1, first?.id);
	return run;
}

test.each(AGENTS)(
	'the tool of an AI Agent %s uploads the file of a node that its field names by an expression',
	async (version) => {
		const callId = `CALL-AGENT-${version}`;
		await runAgent(version, callId, "={{ $('Webhook').item.binary.file }}");
		expect(offeredTools(model)).toContain('KoeIQ: Upload a recording in KoeIQ');
		const upload = koeIq.uploads.find(({ fields }) => fields.call_id === callId);
		expect(upload?.file.size).toBe(WAV.content.length);
		expect(toolResults(model)).toEqual([
			expect.stringContaining(upload?.voicelog_id ?? 'no upload'),
		]);
	},
);

// Once n8n has changed this, the hint of the panel can go. Agent 2 does not tell its model why a tool failed.
test.each([
	[2.2, ''],
	[3, 'binary file'],
])('n8n gives the tool of an AI Agent %s no file of its own', async (version, reason) => {
	const before = koeIq.requests;
	const run = await runAgent(version, 'CALL-NO-FILE', 'file');
	if (version === 2.2 || N8N_CAN.tellAgentsOfFailedTools) {
		expect(toolResults(model)).toEqual([expect.stringContaining(reason)]);
	} else {
		expect(run?.error).toContain(reason);
	}
	expect(koeIq.requests).toBe(before);
});

function agentWorkflow(
	path: string,
	typeVersion: number,
	binaryPropertyName: string,
	credentials: { koeIqApi: string; openAiApi: string },
): Workflow {
	return {
		name: `Agent ${path}`,
		nodes: [
			webhookNode(path),
			{
				id: randomUUID(),
				name: 'AI Agent',
				type: '@n8n/n8n-nodes-langchain.agent',
				typeVersion,
				position: [200, 0],
				parameters: { promptType: 'define', text: 'Upload this recording.', options: {} },
			},
			{
				id: randomUUID(),
				name: 'Model',
				type: '@n8n/n8n-nodes-langchain.lmChatOpenAi',
				typeVersion: 1.2,
				position: [200, 200],
				parameters: { model: { __rl: true, mode: 'id', value: 'stand-in' }, options: {} },
				credentials: { openAiApi: { id: credentials.openAiApi, name: 'Model' } },
			},
			{
				id: randomUUID(),
				name: 'KoeIQ',
				type: 'n8n-nodes-koeiq.koeIqTool',
				typeVersion: 1,
				position: [400, 200],
				// As the editor writes "Let the model define this parameter".
				parameters: { binaryPropertyName, callId: "={{ $fromAI('Call_ID', ``, 'string') }}" },
				credentials: { koeIqApi: { id: credentials.koeIqApi, name: 'KoeIQ' } },
			},
		],
		connections: {
			Webhook: { main: [[{ node: 'AI Agent', type: 'main', index: 0 }]] },
			Model: {
				main: [],
				ai_languageModel: [[{ node: 'AI Agent', type: 'ai_languageModel', index: 0 }]],
			},
			KoeIQ: { main: [], ai_tool: [[{ node: 'AI Agent', type: 'ai_tool', index: 0 }]] },
		},
	};
}
