import { NodeOperationError, sleep, type IHookFunctions } from 'n8n-workflow';

import { findSecretProblem } from '../core/secret';
import { isSet } from '../core/signature';
import { inOneText } from '../inbox/answers';
import { callInbox, readConnection } from '../inbox/call';
import { findConnectionProblem, reachable, type Connection } from '../inbox/connection';
import {
	listen,
	pause,
	register,
	stopListening,
	type ApiRequest,
	type WhenTesting,
} from '../inbox/requests';
import { OPTIONS } from './options';
import { toSecrets } from './receive';

const UNFINISHED =
	'A condition under Only Start If has no field or no number. Complete the condition or remove it.';

/** Before n8n publishes a version, it removes the webhooks of the one that ran. */
const NOT_RUNNING = 'The workflow does not run until a publish succeeds.';

/** Until the editor knows that it listens, in milliseconds. */
const EDITOR_IS_LISTENING_AFTER_MS = 300;

/** The test that listens by each key: the one that is over must not begin to listen again. */
const tests = new Map<string, symbol>();

/** What n8n keeps of the trigger from publishing to unpublishing. */
interface Kept {
	/** The key of the target, if one is registered; a test has none. */
	inboxTarget?: unknown;
}

/**
 * What n8n calls when a workflow is published or unpublished, and when Execute step begins and ends to listen. Without
 * the inbox there is nothing to register: KoeIQ has no API for it, so a person pastes the URL.
 */
export const REGISTRATION = {
	/**
	 * If it says no, n8n calls `create`: so a target is registered at each publishing, whatever the inbox remembers.
	 *
	 * @throws {NodeOperationError} if a condition is unfinished: n8n 1 publishes what lacks a required field
	 */
	async checkExists(this: IHookFunctions): Promise<boolean> {
		if (OPTIONS.isUnfinished.read(this)) throw failure(this, UNFINISHED);
		return OPTIONS.source.read(this) !== 'inbox';
	},

	/** @throws {NodeOperationError} a sentence that says what is wrong, and what to do */
	async create(this: IHookFunctions): Promise<boolean> {
		const { current = '', previous = '' } = toSecrets(await this.getCredentials('koeIqWebhookApi'));
		const isTest = isTesting(this);
		const { key, url, name } = describe(this);
		const listenFor = (which: WhenTesting) => (connection: Connection) =>
			listen(key, { url: reachable(url, connection.n8nUrl), whenTesting: which }, current);
		const problem = isSet(current)
			? await tell(this, (connection) =>
					isTest
						? listenFor('next')(connection)
						: register(key, { url: reachable(url, connection.n8nUrl), name }, current),
				)
			: findSecretProblem(current, previous);
		if (problem !== undefined) throw failure(this, problem);
		if (!isTest) kept(this).inboxTarget = key;
		else if (OPTIONS.whenTesting.read(this) === 'latest') {
			const connection = await readConnection(this);
			void replayLatest(this, key, connection, listenFor('latest')(connection));
		}
		return true;
	},

	/** Never throws: an inbox that does not answer keeps nobody from unpublishing. */
	async delete(this: IHookFunctions): Promise<boolean> {
		// n8n calls this in the same mode at the end of a test, which must not pause the published workflow.
		const { inboxTarget } = kept(this);
		const isPublished = typeof inboxTarget === 'string';
		if (!isPublished && OPTIONS.source.read(this) !== 'inbox') return true;
		delete kept(this).inboxTarget;
		if (!isPublished) tests.delete(describe(this).key);
		const problem = await tell(this, () =>
			isPublished ? pause(inboxTarget) : stopListening(describe(this).key),
		).catch((error: unknown) => (error instanceof Error ? error.message : String(error)));
		if (problem !== undefined) {
			const { id = 'unsaved' } = this.getWorkflow();
			this.logger.warn(
				`KoeIQ Trigger of workflow ${id} could not unregister at the inbox: ${problem}`,
			);
		}
		return true;
	},
};

/**
 * Has the inbox send a stored event once the editor listens. One that came before n8n has answered the editor would be
 * shown, and the editor would go on listening. Never throws: n8n waits for nobody here.
 */
async function replayLatest(
	context: IHookFunctions,
	key: string,
	connection: Connection,
	call: ApiRequest,
): Promise<void> {
	const test = Symbol(key);
	tests.set(key, test);
	await sleep(EDITOR_IS_LISTENING_AFTER_MS);
	if (tests.get(key) !== test) return;
	const outcome = await callInbox(context, connection, call, true);
	if (outcome.outcome === 'failed') {
		context.logger.warn(`KoeIQ Trigger got no stored event from the inbox: ${outcome.message}`);
	}
}

/** Why a publish, or a test, has failed. */
function failure(context: IHookFunctions, problem: string): NodeOperationError {
	const message = isTesting(context) ? problem : `${problem} ${NOT_RUNNING}`;
	return new NodeOperationError(context.getNode(), message);
}

function isTesting(context: IHookFunctions): boolean {
	return context.getMode() === 'manual';
}

function kept(context: IHookFunctions): Kept {
	return context.getWorkflowStaticData('node');
}

/** The trigger as the inbox knows it. */
function describe(context: IHookFunctions): { key: string; url: string; name: string } {
	const url = context.getNodeWebhookUrl('default') ?? '';
	const { name = '' } = context.getWorkflow();
	// Only a workflow that was made outside the editor can have no webhook id.
	return { key: context.getNode().webhookId ?? url, url, name };
}

/** @returns what went wrong, in sentences; `undefined` if nothing did */
async function tell(
	context: IHookFunctions,
	describeCall: (connection: Connection) => ApiRequest,
): Promise<string | undefined> {
	const connection = await readConnection(context);
	const problem = findConnectionProblem(connection);
	if (problem !== undefined) return problem;
	const call = describeCall(connection);
	const outcome = await callInbox(context, connection, call);
	// What is to be removed may be gone already. n8n shows no description beside a workflow that could not be published.
	return outcome.outcome === 'failed' ? inOneText(outcome) : undefined;
}
