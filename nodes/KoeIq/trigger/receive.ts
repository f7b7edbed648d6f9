import type { ICredentialDataDecryptedObject, IWebhookFunctions } from 'n8n-workflow';

import { readClaim } from '../core/claim';
import { judge, type Options, type Verdict } from '../core/judge';
import { REFUSALS, type Refusal } from '../core/refusals';
import { findSecretProblem } from '../core/secret';
import { isSet, type Secrets } from '../core/signature';
import { OPTIONS } from './options';
import type { SignatureMemory } from './signature-memory';

/** Reads from n8n what the core needs, in the order of docs/contract.md, and returns the core's verdict. */
export async function receive(
	context: IWebhookFunctions,
	memory: SignatureMemory,
	receivedAt: number,
): Promise<Verdict> {
	const { rawHeaders } = context.getRequestObject();
	const claim = readClaim(rawHeaders);
	if (claim.outcome === 'refused') return claim;

	const secrets = await readSecrets(context);
	if ('outcome' in secrets) return secrets;

	const body = await readBody(context);
	if ('outcome' in body) return body;

	const verdict = judge(claim, { body, secrets, options: readOptions(context), receivedAt });
	const isForged = verdict.outcome === 'refused' && verdict.code === REFUSALS.wrongSignature.code;
	const trigger = `${context.getWorkflow().id ?? ''} ${context.getNode().id}`;
	memory.note(trigger, secrets, !isForged, receivedAt);
	return isForged ? suspectSecret(verdict, secrets) : verdict;
}

/** n8n saves a credential even if its test fails, so the log repeats the finding. */
function suspectSecret(refusal: Refusal, { current, previous = '' }: Secrets): Refusal {
	return { ...refusal, cause: () => findSecretProblem(current, previous) };
}

/** The credential's secrets, or the refusal of every request if there are none. */
export async function readSecrets(context: IWebhookFunctions): Promise<Secrets | Refusal> {
	try {
		const { current, previous } = toSecrets(await context.getCredentials('koeIqWebhookApi'));
		return isSet(current) ? { current, previous } : REFUSALS.blankSecret;
	} catch (error) {
		return because(REFUSALS.noCredential, error);
	}
}

export function toSecrets(data: ICredentialDataDecryptedObject): Partial<Secrets> {
	const { webhookSecret, previousWebhookSecret } = data;
	return { current: asText(webhookSecret), previous: asText(previousWebhookSecret) };
}

function asText(value: unknown): string | undefined {
	return typeof value === 'string' ? value : undefined;
}

async function readBody(context: IWebhookFunctions): Promise<Buffer | Refusal> {
	const request = context.getRequestObject();
	try {
		await request.readRawBody();
		return request.rawBody;
	} catch (error) {
		return because(isTooLarge(error) ? REFUSALS.tooLarge : REFUSALS.unreadable, error);
	}
}

function isTooLarge(error: unknown): boolean {
	return error instanceof Error && 'statusCode' in error && error.statusCode === 413;
}

function because(refusal: Refusal, error: unknown): Refusal {
	return { ...refusal, cause: () => (error instanceof Error ? error.message : String(error)) };
}

function readOptions(context: IWebhookFunctions): Options {
	return {
		typeVersion: context.getNode().typeVersion,
		events: OPTIONS.events.read(context),
		conditions: OPTIONS.conditions.read(context),
		alsoStart: OPTIONS.alsoStart.read(context),
		simplify: OPTIONS.simplify.read(context),
		maxAgeSeconds: OPTIONS.maxAgeSeconds.read(context),
	};
}
