import {
	fromParameter,
	webhookDescriptionFields,
	type ICredentialDataDecryptedObject,
	type ICredentialsDecrypted,
	type ICredentialTestFunctions,
	type INodeCredentialTestResult,
	type INodeExecutionData,
	type INodeType,
	type INodeTypeDescription,
	type IWebhookFunctions,
	type IWebhookResponseData,
} from 'n8n-workflow';

import { KINDS } from './core/events';
import { receive, type Answer, type Options } from './core/receive';
import { RefusalLog } from './core/refusal-log';
import { findSecretProblem } from './core/secret';
import type { Secrets } from './core/signature';
import { HINTS, PARAMETERS } from './parameters';

/**
 * One output, or one for each kind; the same whatever `events` holds, so that wires never shift.
 * `main` by its name: before 1.85, n8n has no constant for it.
 */
const SINGLE = [{ type: 'main' }];
const PER_EVENT = KINDS.map(({ label }) => ({ type: 'main', displayName: label }));

/** One for the process: n8n makes no promise how long a node lives. */
const refusalLog = new RefusalLog();

export class KoeIqTrigger implements INodeType {
	description: INodeTypeDescription = {
		displayName: 'KoeIQ Trigger',
		name: 'koeIqTrigger',
		icon: { light: 'file:koeiq.svg', dark: 'file:koeiq.dark.svg' },
		group: ['trigger'],
		// Of a version 1, n8n evaluates a legacy expression for every request.
		version: 2,
		subtitle: `={{ $parameter["events"].length === ${KINDS.length} ? "all events" : $parameter["events"].join(", ") }}`,
		description: 'Starts the workflow when KoeIQ reports a transcription, analytics or an alert',
		eventTriggerDescription: 'Now send an event to the Test URL: in KoeIQ, Send Test Ping does',
		activationMessage:
			'KoeIQ events now start this workflow, if its Production URL is the one in KoeIQ (Admin → Settings → Webhook Settings).',
		triggerPanel: {
			header: 'Receive an event from KoeIQ',
			executionsHelp: {
				inactive:
					'<b>While you build:</b> click the button, paste the Test URL into KoeIQ (Admin → Settings → Webhook Settings), and press Send Test Ping there. The ping appears here.<br /><br /><b>When it works:</b> publish the workflow, and paste the Production URL into KoeIQ in its place. From then on every event starts the workflow, and you find each run under Executions.',
				active:
					'<b>This workflow is published:</b> every event that KoeIQ sends to the Production URL starts it, and you find each run under Executions.<br /><br /><b>To try a change:</b> click the button and send an event to the Test URL. KoeIQ has room for one URL only, so paste the Production URL back afterwards.',
			},
			activationHint:
				'KoeIQ has room for one URL: when the workflow is published, that should be the Production URL.',
		},
		defaults: { name: 'KoeIQ Trigger' },
		inputs: [],
		outputs: `={{ $parameter["outputMode"] === "single" ? ${JSON.stringify(SINGLE)} : ${JSON.stringify(PER_EVENT)} }}`,
		credentials: [{ name: 'koeIqWebhookApi', required: true, testedBy: 'testWebhookSecret' }],
		webhooks: [
			{
				name: 'default',
				httpMethod: 'POST',
				path: 'koeiq',
				responseData: 'noData',
				...responseModeField(),
			},
		],
		hints: HINTS,
		properties: PARAMETERS,
	};

	methods = {
		credentialTest: {
			async testWebhookSecret(
				this: ICredentialTestFunctions,
				credential: ICredentialsDecrypted,
			): Promise<INodeCredentialTestResult> {
				const { current, previous } = toSecrets(credential.data ?? {});
				const problem = findSecretProblem(current ?? '', previous ?? '');
				return problem === undefined
					? {
							status: 'OK',
							message: 'The secret looks right. Send a Test Ping from KoeIQ to be sure.',
						}
					: { status: 'Error', message: problem };
			},
		},
	};

	/** KoeIQ has no API to register a webhook with: a person pastes the URL, so there is nothing to do. */
	webhookMethods = {
		default: {
			async checkExists() {
				return true;
			},
			async create() {
				return true;
			},
			async delete() {
				return true;
			},
		},
	};

	async webhook(this: IWebhookFunctions): Promise<IWebhookResponseData> {
		try {
			return await respond(this);
		} catch (error) {
			// n8n would answer an error of ours with its text, and record it as a failed execution.
			this.logger.error('KoeIQ Trigger could not handle a request', { error });
			return answer(this, { status: 500, body: { error: 'Internal error' } });
		}
	}
}

async function respond(context: IWebhookFunctions): Promise<IWebhookResponseData> {
	const request = context.getRequestObject();
	const receivedAt = Date.now();
	const outcome = await receive({
		rawHeaders: request.rawHeaders,
		secrets: async () => toSecrets(await context.getCredentials('koeIqWebhookApi')),
		body: async () => {
			await request.readRawBody();
			return request.rawBody;
		},
		options: () => readOptions(context),
		receivedAt,
	});
	if (outcome.outcome === 'refused') {
		const line = refusalLog.line(context.getWorkflow(), outcome.reason, receivedAt);
		if (line !== undefined) context.logger.warn(line);
	}
	if (outcome.outcome !== 'accepted') return answer(context, outcome);

	// n8n answers an accepted event itself, once it has stored the execution.
	const item: INodeExecutionData = { json: outcome.item };
	if (context.getNodeParameter('outputMode') === 'single') return { workflowData: [[item]] };
	return { workflowData: KINDS.map(({ name }) => (name === outcome.kind ? [item] : [])) };
}

function answer(context: IWebhookFunctions, { status, body }: Answer): IWebhookResponseData {
	context.getResponseObject().status(status).json(body);
	return { noWebhookResponse: true };
}

function readOptions(context: IWebhookFunctions): Options {
	return {
		events: context.getNodeParameter('events', []) as string[],
		simplify: context.getNodeParameter('options.simplify', false) as boolean,
		maxAgeSeconds: context.getNodeParameter('options.maxAgeSeconds', 0) as number,
	};
}

function toSecrets(data: ICredentialDataDecryptedObject): Partial<Secrets> {
	const { webhookSecret, previousWebhookSecret } = data;
	return { current: asText(webhookSecret), previous: asText(previousWebhookSecret) };
}

function asText(value: unknown): string | undefined {
	return typeof value === 'string' ? value : undefined;
}

/** Resolved natively where this n8n can (2.40 and later); elsewhere by an expression, as before. */
function responseModeField(): { responseMode: string } {
	return typeof webhookDescriptionFields === 'function'
		? webhookDescriptionFields({ responseMode: fromParameter('responseMode') })
		: { responseMode: '={{ $parameter["responseMode"] }}' };
}
