import { brief, cut } from '../core/brief';

/** KoeIQ's HTTP answer, as it came. */
export interface Answer {
	status: number;
	body: string;
}

/** A failed upload in words: what it means and what to do, then what KoeIQ itself said. */
export interface Failure {
	outcome: 'failed';
	message: string;
	description: string;
	/** KoeIQ's HTTP status, if it answered. */
	status?: number;
}

/** What KoeIQ's 409 becomes: a failure, or an item. */
export type OnDuplicate = 'error' | 'continue';

export type Result = { outcome: 'item'; item: Record<string, unknown> } | Failure;

const DETAIL_LENGTH = 500;

/**
 * The result of an upload.
 *
 * @param callId as it was sent; `undefined` if none was
 * @param onDuplicate what KoeIQ's 409 means: a failure, or an item that says so
 */
export function readAnswer(
	{ status, body }: Answer,
	{ callId, onDuplicate }: { callId: string | undefined; onDuplicate: OnDuplicate },
): Result {
	const answer = parse(body);
	if (status >= 200 && status < 300) {
		return isObject(answer) && typeof answer.voicelog_id === 'string' && answer.voicelog_id !== ''
			? { outcome: 'item', item: answer }
			: failure(
					status,
					`KoeIQ answered ${status}, but not with the ID of the recording`,
					'Check the Base URL of the credential: another program may have answered.',
				);
	}
	if (status === 409 && onDuplicate === 'continue') {
		return { outcome: 'item', item: { call_id: callId ?? null, duplicate: true } };
	}
	const [message, advice] = explain(status, callId);
	const detail = isObject(answer) ? detailOf(answer.detail, body) : undefined;
	return failure(
		status,
		message,
		detail === undefined
			? advice
			: `${advice} KoeIQ says: ${asSentence(cut(detail, DETAIL_LENGTH))}`,
	);
}

function failure(status: number, message: string, description: string): Failure {
	return { outcome: 'failed', message, description, status };
}

/** A refusal of KoeIQ: what it means, and what to do. 403 and 409 are documented, the others are HTTP's. */
function explain(status: number, callId: string | undefined): [string, string] {
	switch (status) {
		case 401:
			return [
				'KoeIQ did not accept the API key (401)',
				'Create a new key in KoeIQ (Settings → API Key → Generate), and paste it into the credential.',
			];
		case 403:
			return [
				'KoeIQ does not allow this upload (403)',
				'The trial is over or has reached its limit of calls, or your plan does not include uploads. Check your plan in KoeIQ.',
			];
		case 404:
			return [
				'There is no Ingest API of KoeIQ at this address (404)',
				'Check the Base URL of the credential.',
			];
		case 409:
			return [
				callId === undefined
					? 'KoeIQ already has this call (409)'
					: `KoeIQ already has a call with the Call ID ${callId} (409)`,
				'If that is fine, set Options → If the Call ID Exists to Continue in the KoeIQ node. Otherwise give this recording another Call ID.',
			];
		case 413:
			return [
				'The recording is too large for KoeIQ (413)',
				'KoeIQ accepts 500 MB at most. A proxy in front of your own KoeIQ may allow less.',
			];
		case 429:
			return [
				'KoeIQ receives too many requests (429)',
				'Try again later. With a Call ID, Retry On Fail in the KoeIQ node’s settings does this safely.',
			];
	}
	if (status >= 500) {
		return [
			`KoeIQ could not handle the upload (${status})`,
			'Try again later. With a Call ID, Retry On Fail in the KoeIQ node’s settings does this safely.',
		];
	}
	if (status >= 300 && status < 400) {
		return [
			`KoeIQ’s address has moved (${status})`,
			'The recording and the API key are not sent on to another address. Check the Base URL of the credential.',
		];
	}
	return [`KoeIQ refused the upload (${status})`, 'Check the fields of the KoeIQ node.'];
}

/** FastAPI's `detail`: a sentence, or a list of what is wrong with which field. Anything else is shown as it came. */
function detailOf(detail: unknown, body: string): string | undefined {
	if (detail === undefined || detail === null || detail === '') return undefined;
	const problems = (Array.isArray(detail) ? detail : [detail]).map(problemOf);
	return problems.every((problem) => problem !== undefined) ? problems.join('; ') : body;
}

function problemOf(problem: unknown): string | undefined {
	if (typeof problem === 'string') return problem;
	if (!isObject(problem) || typeof problem.msg !== 'string') return undefined;
	return Array.isArray(problem.loc)
		? `${problem.loc.map(brief).join('.')}: ${problem.msg}`
		: problem.msg;
}

/** Other words can follow it. */
function asSentence(text: string): string {
	return /[.!?…。！？]$/.test(text) ? text : `${text}.`;
}

function parse(body: string): unknown {
	try {
		return JSON.parse(body);
	} catch {
		return undefined;
	}
}

function isObject(value: unknown): value is Record<string, unknown> {
	return typeof value === 'object' && value !== null && !Array.isArray(value);
}
