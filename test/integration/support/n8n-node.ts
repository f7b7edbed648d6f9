import { ExecuteContext, HookContext } from 'n8n-core';
import {
	createRunExecutionData,
	Workflow,
	type ICredentialDataDecryptedObject,
	type ICredentialType,
	type IDataObject,
	type IHttpRequestOptions,
	type INode,
	type INodeExecutionData,
	type INodeType,
	type INodeTypes,
	type IWebhookData,
	type IWorkflowExecuteAdditionalData,
	type WebhookType,
	type WorkflowActivateMode,
	type WorkflowExecuteMode,
} from 'n8n-workflow';

/** A credential: the type and the values that n8n would have decrypted. */
export interface Credential {
	type: ICredentialType;
	data: ICredentialDataDecryptedObject;
}

interface NodeOptions {
	nodeType: INodeType;
	/** Over a saved node's: its parameters above all. */
	node?: Partial<INode>;
	credentials: Credential[];
	/** What n8n keeps of the workflow; changed in place. */
	staticData?: IDataObject;
}

const ORIGIN = 'http://n8n.example.com:5678';

/** One node on n8n-core's context for a run. */
export function executeContext(
	options: NodeOptions & { items: INodeExecutionData[] },
): ExecuteContext {
	const { workflow, node, additionalData } = workflowOf(options);
	const { items } = options;
	return new ExecuteContext(
		workflow,
		node,
		additionalData,
		'trigger',
		createRunExecutionData(),
		0,
		items,
		{ main: [items] },
		{ node, data: { main: [items] }, source: null },
		[],
	);
}

/** A trigger on n8n-core's context for `webhookMethods`. */
export function hookContext(
	options: NodeOptions & {
		webhook: WebhookType;
		isTest: boolean;
		mode: WorkflowExecuteMode;
		activation: WorkflowActivateMode;
	},
): HookContext {
	const { workflow, node, additionalData } = workflowOf(options);
	const { nodeType, webhook, isTest, mode, activation } = options;
	const webhookDescription = nodeType.description.webhooks?.find(({ name }) => name === webhook);
	const data = { webhookDescription, isTest } as IWebhookData;
	return new HookContext(workflow, node, additionalData, mode, activation, data);
}

/** A workflow of one node, and what n8n-core's contexts want to know beside it. */
export function workflowOf({ nodeType, node: change, credentials, staticData }: NodeOptions) {
	const { displayName, name, version } = nodeType.description;
	const saved: INode = {
		id: 'node',
		name: displayName,
		type: `n8n-nodes-koeiq.${name}`,
		typeVersion: [version].flat().at(-1) ?? 1,
		position: [0, 0],
		parameters: {},
		credentials: Object.fromEntries(
			credentials.map(({ type }) => [type.name, { id: type.name, name: type.displayName }]),
		),
		...change,
	};
	const nodeTypes: INodeTypes = {
		getByName: () => nodeType,
		getByNameAndVersion: () => nodeType,
		getKnownTypes: () => ({}),
	};
	const workflow = new Workflow({
		id: 'w',
		name: 'Bad calls, 営業',
		nodes: [saved],
		connections: {},
		active: true,
		nodeTypes,
		settings: { timezone: 'Asia/Tokyo' },
	});
	if (staticData !== undefined) workflow.staticData = staticData;
	// As the workflow has it: with the parameters that were not saved, because they are the defaults.
	const node = workflow.getNode(displayName);
	if (node === null) throw new Error('The workflow has lost its node.');
	const find = (wanted: string) => {
		const found = credentials.find(({ type }) => type.name === wanted);
		if (found === undefined) throw new Error(`The test has no credential ${wanted}.`);
		return found;
	};
	const additionalData = {
		webhookBaseUrl: `${ORIGIN}/webhook`,
		webhookTestBaseUrl: `${ORIGIN}/webhook-test`,
		webhookWaitingBaseUrl: `${ORIGIN}/webhook-waiting`,
		formWaitingBaseUrl: `${ORIGIN}/form-waiting`,
		credentialsHelper: {
			isCredentialUsableByNode: () => true,
			getDecrypted: async (_: unknown, __: unknown, wanted: string) => find(wanted).data,
			getParentTypes: () => [],
			preAuthentication: async () => undefined,
			authenticate: async (
				values: ICredentialDataDecryptedObject,
				wanted: string,
				request: IHttpRequestOptions,
			) => {
				const headers = headersOf(find(wanted).type, (value) =>
					workflow.expression.getSimpleParameterValue(node, value, 'internal', {
						$credentials: values,
					}),
				);
				return { ...request, headers: { ...request.headers, ...headers } };
			},
		},
	} as unknown as IWorkflowExecuteAdditionalData;
	return { workflow, node, additionalData };
}

/** Headers alone, which are all that our credentials set. */
function headersOf(
	{ authenticate: generic }: ICredentialType,
	evaluate: (value: string) => unknown,
): Record<string, string> {
	if (typeof generic !== 'object') throw new Error('The test knows only generic authentication.');
	const { headers = {} } = generic.properties;
	return Object.fromEntries(
		Object.entries(headers).map(([name, value]) => [name, asText(evaluate(asText(value)))]),
	);
}

function asText(value: unknown): string {
	if (typeof value === 'string') return value;
	throw new Error('The test knows only headers of text.');
}
