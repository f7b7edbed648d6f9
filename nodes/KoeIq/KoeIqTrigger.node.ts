import {
	fromParameter,
	webhookDescriptionFields,
	type ICredentialsDecrypted,
	type ICredentialTestFunctions,
	type INodeCredentialTestResult,
	type INodeExecutionData,
	type INodeType,
	type INodeTypeDescription,
	type IWebhookFunctions,
	type IWebhookResponseData,
} from 'n8n-workflow';

import { EVENTS, kindsOf, OTHER, TYPE_VERSIONS } from './core/events';
import type { Verdict } from './core/judge';
import type { Answer } from './core/refusals';
import { findSecretProblem } from './core/secret';
import { explain, QuietLog } from './trigger/log';
import { OPTIONS } from './trigger/options';
import { HINTS, PARAMETERS } from './trigger/parameters';
import { readSecrets, receive, toSecrets } from './trigger/receive';
import { labelOf } from './trigger/words';

/** `main` by its name: before 1.85, n8n has no constant for it. */
const SINGLE = [{ type: 'main' }];
/** One for each kind that the node's typeVersion tells apart, whatever `events` holds: wires never shift. */
const PER_EVENT = `${JSON.stringify(
	[...EVENTS, { name: OTHER, since: 0 } as const].map(({ name, since }) => ({
		type: 'main',
		displayName: labelOf(name),
		since,
	})),
)}.filter(({ since }) => since <= $nodeVersion)`;

/** One for the process: n8n does not promise how long an instance of a node lives. */
const log = new QuietLog();

const NOTHING_TO_REGISTER = {
	async checkExists() {
		return true;
	},
	async create() {
		return true;
	},
	async delete() {
		return true;
	},
};

export class KoeIqTrigger implements INodeType {
	description: INodeTypeDescription = {
		displayName: 'KoeIQ Trigger',
		name: 'koeIqTrigger',
		icon: { light: 'file:koeiq.svg', dark: 'file:koeiq.dark.svg' },
		group: ['trigger'],
		// From 2 on: n8n evaluates a legacy expression on every request to version 1 webhooks.
		version: [...TYPE_VERSIONS],
		subtitle: `={{ $parameter["events"].length >= ${PER_EVENT}.length ? "all events" : $parameter["events"].join(", ") }}`,
		description: 'Starts the workflow when KoeIQ reports a transcription, analytics or an alert',
		eventTriggerDescription: 'Now send an event to the Test URL: in KoeIQ, Send Test Ping does',
		activationMessage:
			'KoeIQ events now start this workflow, if its Production URL is the one in KoeIQ (Admin → Settings → Webhook Settings).',
		triggerPanel: {
			header: 'Receive an event from KoeIQ',
			executionsHelp: {
				inactive:
					'<b>While you build:</b> copy the Test URL and paste it into KoeIQ (Admin → Settings → Webhook Settings). Then click the button, and press Send Test Ping in KoeIQ. The ping appears here.<br /><br /><b>When it works:</b> publish the workflow, and replace the Test URL in KoeIQ with the Production URL. From then on every event starts the workflow, and you find each run under Executions.',
				active:
					'<b>This workflow is published:</b> every event that KoeIQ sends to the Production URL starts it, and you find each run under Executions.<br /><br /><b>After a change:</b> publish again, or the old version goes on running.<br /><br /><b>To try a change first:</b> copy the Test URL and paste it into KoeIQ, click the button, and send a Test Ping. KoeIQ holds one URL, so paste the Production URL back afterwards.',
			},
			activationHint:
				'KoeIQ holds one URL. After publishing, replace the Test URL there with the Production URL.',
		},
		defaults: { name: 'KoeIQ Trigger' },
		inputs: [],
		outputs: `={{ $parameter["outputMode"] === "single" ? ${JSON.stringify(SINGLE)} : ${PER_EVENT} }}`,
		credentials: [{ name: 'koeIqWebhookApi', required: true, testedBy: 'testWebhookSecret' }],
		webhooks: [
			{
				name: 'default',
				httpMethod: 'POST',
				path: 'koeiq',
				responseData: 'noData',
				...responseModeField(),
			},
			// For a person who opens the URL in a browser, the inbox, and uptime monitors, which often send a HEAD.
			...['GET', 'HEAD'].map((httpMethod) => ({
				name: 'setup' as const,
				httpMethod,
				path: 'koeiq',
				responseMode: 'onReceived',
				ndvHideUrl: true,
			})),
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
	webhookMethods = { default: NOTHING_TO_REGISTER, setup: NOTHING_TO_REGISTER };

	async webhook(this: IWebhookFunctions): Promise<IWebhookResponseData> {
		try {
			if (this.getWebhookName() === 'setup') return answer(this, await probe(this));
			const receivedAt = Date.now();
			const verdict = await receive(this, receivedAt);
			report(this, verdict, receivedAt);
			if (verdict.outcome !== 'accepted') return answer(this, verdict);

			// n8n answers an accepted event itself, once it has stored the execution.
			const item: INodeExecutionData = { json: verdict.item };
			if (OPTIONS.outputMode.read(this) === 'single') return { workflowData: [[item]] };
			const kinds = kindsOf(this.getNode().typeVersion);
			return { workflowData: kinds.map((kind) => (kind === verdict.kind ? [item] : [])) };
		} catch (error) {
			// n8n would answer an error of ours with its text, and record it as a failed execution.
			this.logger.error('KoeIQ Trigger could not handle a request', { error });
			return answer(this, { status: 500, body: { error: 'Internal error' } });
		}
	}
}

function answer(context: IWebhookFunctions, { status, body }: Answer): IWebhookResponseData {
	context.getResponseObject().status(status).json(body);
	return { noWebhookResponse: true };
}

/** Whether the trigger can check a signature: there is a credential, and it holds a secret. */
async function probe(context: IWebhookFunctions): Promise<Answer> {
	const isReady = !('outcome' in (await readSecrets(context)));
	return { status: isReady ? 200 : 503, body: { ready: isReady } };
}

/** Logs a refusal, and one of KoeIQ's events that differs from its reference. The Test Ping is neither. */
function report(context: IWebhookFunctions, verdict: Verdict, now: number): void {
	const isRefused = verdict.outcome === 'refused';
	if (!isRefused && (verdict.kind === OTHER || verdict.issues.length === 0)) return;
	const workflow = context.getWorkflow();
	const about = isRefused ? verdict.code : verdict.kind;
	const line = log.line(`${workflow.id ?? ''} ${about}`, now, () => explain(verdict, workflow));
	if (line !== undefined) context.logger.warn(line);
}

/** Resolved natively if this n8n can (2.40 and later), else by an expression. */
function responseModeField(): { responseMode: string } {
	return typeof webhookDescriptionFields === 'function'
		? webhookDescriptionFields({ responseMode: fromParameter('responseMode') })
		: { responseMode: '={{ $parameter["responseMode"] }}' };
}
