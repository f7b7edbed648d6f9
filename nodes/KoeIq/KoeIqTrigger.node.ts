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
import { INBOX_TEST } from './inbox/call';
import { isFromInbox } from './inbox/user-agent';
import { checkSecrets } from './trigger/check-secrets';
import { explain, explainBypass, QuietLog } from './trigger/log';
import { OPTIONS } from './trigger/options';
import { PANEL } from './trigger/panel';
import { HINTS, PARAMETERS } from './trigger/parameters';
import { readSecrets, receive, toSecrets } from './trigger/receive';
import { REGISTRATION } from './trigger/registration';
import { SignatureMemory } from './trigger/signature-memory';
import { SUBTITLE } from './trigger/subtitle';
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
const signatures = new SignatureMemory();

/** The `GET` and `HEAD` beside the webhook itself. */
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
		subtitle: SUBTITLE,
		description: 'Starts the workflow when KoeIQ reports a transcription, analytics or an alert',
		...PANEL,
		defaults: { name: 'KoeIQ Trigger' },
		inputs: [],
		outputs: `={{ $parameter["outputMode"] === "single" ? ${JSON.stringify(SINGLE)} : ${PER_EVENT} }}`,
		credentials: [
			{
				name: 'koeIqWebhookApi',
				displayName: 'KoeIQ Webhook API',
				required: true,
				testedBy: 'testWebhookSecret',
			},
			{
				name: 'koeIqInboxApi',
				displayName: 'KoeIQ Inbox API',
				required: true,
				testedBy: 'testInbox',
				displayOptions: { show: { source: ['inbox'] } },
			},
		],
		webhooks: [
			{
				name: 'default',
				httpMethod: 'POST',
				path: 'koeiq',
				responseData: 'noData',
				// The inbox gets it by itself, and KoeIQ must not get it then.
				ndvHideUrl: '={{ $parameter["source"] === "inbox" }}',
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
				return checkSecrets(toSecrets(credential.data ?? {}), signatures, Date.now());
			},
			...INBOX_TEST,
		},
	};

	webhookMethods = { default: REGISTRATION, setup: NOTHING_TO_REGISTER };

	async webhook(this: IWebhookFunctions): Promise<IWebhookResponseData> {
		try {
			if (this.getWebhookName() === 'setup') return answer(this, await probe(this));
			const receivedAt = Date.now();
			const verdict = await receive(this, signatures, receivedAt);
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

/** Logs a refusal, an event that passed the inbox by, and one of KoeIQ's that differs from its reference. */
function report(context: IWebhookFunctions, verdict: Verdict, now: number): void {
	const workflow = context.getWorkflow();
	const warn = (about: string, text: () => string) => {
		const line = log.line(`${workflow.id ?? ''} ${about}`, now, text);
		if (line !== undefined) context.logger.warn(line);
	};
	if (verdict.outcome === 'refused') {
		warn(verdict.code, () => explain(verdict, workflow));
		return;
	}
	if (
		OPTIONS.source.read(context) === 'inbox' &&
		!isFromInbox(context.getRequestObject().headers)
	) {
		warn('bypass', () => explainBypass(workflow));
	}
	// A Test Ping differs from all that is documented.
	if (verdict.kind !== OTHER && verdict.issues.length > 0) {
		warn(verdict.kind, () => explain(verdict, workflow));
	}
}

/** Resolved natively if this n8n can (2.40 and later), else by an expression. */
function responseModeField(): { responseMode: string } {
	return typeof webhookDescriptionFields === 'function'
		? webhookDescriptionFields({ responseMode: fromParameter('responseMode') })
		: { responseMode: '={{ $parameter["responseMode"] }}' };
}
