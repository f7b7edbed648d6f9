import { readFileSync } from 'node:fs';

import { z } from 'zod';

import { findSecretProblem } from '../../nodes/KoeIq/core/secret';
import { isSet, type Secrets } from '../../nodes/KoeIq/core/signature';

/** What the operator chose, checked. Times are in milliseconds. */
export interface Settings {
	secrets: Secrets;
	/** URLs of KoeIQ Triggers; none while events are to wait. */
	forwardTo: string[];
	/** A file, or `postgres://…`. */
	store: string;
	host: string;
	port: number;
	/** Requests under way to each target. */
	concurrency: number;
	/** Between the attempts of an event that its target refuses. */
	retryPauses: number[];
	keep: number;
	/** The operator's page; undefined while it is off. */
	page: { port: number; password: string } | undefined;
	/** What the operator should know; nothing stops. */
	warnings: string[];
}

/** A setting that cannot be: its message is a sentence that names the variable. */
export class SettingError extends Error {
	override readonly name = 'SettingError';
}

const DAY = 86_400_000;
const WISE_PASSWORD_LENGTH = 12;

/** Reads the environment. Empty is as not set. @throws {SettingError} */
export function readSettings(env: NodeJS.ProcessEnv): Settings {
	const set = Object.entries(env).filter(([, value]) => value !== undefined && value !== '');
	const { data, error } = VARIABLES.safeParse(Object.fromEntries(set));
	if (error !== undefined) {
		const [issue] = error.issues;
		throw new SettingError(`${issue?.path.join('.') ?? ''} ${issue?.message ?? ''}.`);
	}
	const secrets = readSecrets(env);
	return {
		secrets,
		forwardTo: data.INBOX_FORWARD_TO,
		store: data.INBOX_STORE,
		host: data.INBOX_HOST,
		port: data.INBOX_PORT,
		concurrency: data.INBOX_CONCURRENCY,
		retryPauses: data.INBOX_RETRY_PAUSES,
		keep: data.INBOX_KEEP_DAYS * DAY,
		page: readPage(data),
		warnings: findWarnings(secrets, data),
	};
}

const port = wholeNumber(1, 65_535);

const VARIABLES = z.object({
	INBOX_FORWARD_TO: z.string().default('').transform(toTargets),
	INBOX_STORE: z.string().default('inbox.sqlite'),
	INBOX_HOST: z.string().default('0.0.0.0'),
	INBOX_PORT: port.default('8080'),
	INBOX_CONCURRENCY: wholeNumber(1, 100).default('4'),
	INBOX_RETRY_PAUSES: z.string().default('5 30 120 600 3600 21600 86400').transform(toPauses),
	INBOX_KEEP_DAYS: z
		.string()
		.default('7')
		.transform((text, context) =>
			toNumber(text, context, 'has to be a number of days', (days) => days >= 0 && days <= 36_500),
		),
	INBOX_PAGE_PORT: port.optional(),
	INBOX_PAGE_PASSWORD: z.string().optional(),
});

function wholeNumber(least: number, most: number) {
	return z
		.string()
		.transform((text, context) =>
			toNumber(
				text,
				context,
				`has to be a whole number from ${least} to ${most}`,
				(number) => Number.isInteger(number) && number >= least && number <= most,
			),
		);
}

function toNumber(
	text: string,
	context: z.RefinementCtx,
	message: string,
	isRight: (number: number) => boolean,
): number {
	const number = /^\d+(\.\d+)?$/.test(text) ? Number(text) : NaN;
	if (isRight(number)) return number;
	context.addIssue({ code: 'custom', message: `${message}, and is "${text}"` });
	return z.NEVER;
}

function toPauses(text: string, context: z.RefinementCtx): number[] {
	const pauses = words(text);
	return pauses.map(
		(pause) =>
			toNumber(
				pause,
				context,
				'has to be seconds with spaces between them, each at most a year',
				(seconds) => seconds <= 365 * 86_400,
			) * 1000,
	);
}

function toTargets(text: string, context: z.RefinementCtx): string[] {
	const refuse = (message: string) => {
		context.addIssue({ code: 'custom', message });
		return z.NEVER;
	};
	const targets = words(text).map((word) => {
		const url = URL.canParse(word) ? new URL(word) : undefined;
		if (url?.protocol !== 'http:' && url?.protocol !== 'https:') {
			return refuse(
				`has to be URLs of KoeIQ Triggers with spaces between them, each from http:// or https:// on, and "${word}" is not one`,
			);
		}
		if (url.username !== '' || url.password !== '') {
			return refuse('has a URL with a user name or password in it, which n8n has no use for');
		}
		if (/\/webhook-test\//.test(url.pathname)) {
			return refuse(
				`has the Test URL ${word}, which answers only while the editor listens: take the Production URL`,
			);
		}
		url.hash = '';
		return url.href;
	});
	return [...new Set(targets)];
}

function words(text: string): string[] {
	return text.split(/\s+/).filter(Boolean);
}

function readPage(data: z.output<typeof VARIABLES>): Settings['page'] {
	const { INBOX_PAGE_PORT: pagePort, INBOX_PAGE_PASSWORD: password } = data;
	return pagePort === undefined || password === undefined
		? undefined
		: { port: pagePort, password };
}

function readSecrets(env: NodeJS.ProcessEnv): Secrets {
	const current = readSecret(env, 'INBOX_WEBHOOK_SECRET');
	if (!isSet(current)) {
		throw new SettingError(
			'INBOX_WEBHOOK_SECRET is not set: give it the secret from KoeIQ, Admin → Settings → Webhook Settings, or give INBOX_WEBHOOK_SECRET_FILE a file with it.',
		);
	}
	return { current, previous: readSecret(env, 'INBOX_PREVIOUS_WEBHOOK_SECRET') };
}

/** What works and is unwise. The trigger opens with such a secret too, so the inbox does not keep its events out. */
function findWarnings(
	{ current, previous = '' }: Secrets,
	data: z.output<typeof VARIABLES>,
): string[] {
	const { INBOX_PAGE_PORT: pagePort, INBOX_PAGE_PASSWORD: password } = data;
	const secretProblem = findSecretProblem(current, previous);
	return [
		...(secretProblem === undefined ? [] : [secretProblem]),
		...(pagePort !== undefined && password === undefined
			? ['The page is off: INBOX_PAGE_PORT is set, and INBOX_PAGE_PASSWORD is not.']
			: []),
		...(pagePort === undefined && password !== undefined
			? ['The page is off: INBOX_PAGE_PASSWORD is set, and INBOX_PAGE_PORT is not.']
			: []),
		...(password !== undefined && password.length < WISE_PASSWORD_LENGTH
			? [
					`INBOX_PAGE_PASSWORD has fewer than ${WISE_PASSWORD_LENGTH} characters: it could be guessed.`,
				]
			: []),
	];
}

/** A variable, or the file that the variable with `_FILE` names, less the line break that editors put at its end. */
function readSecret(env: NodeJS.ProcessEnv, name: string): string {
	const file = env[`${name}_FILE`] ?? '';
	const value = env[name] ?? '';
	if (file === '') return value;
	if (value !== '') throw new SettingError(`${name} and ${name}_FILE are both set: keep one.`);
	try {
		return readFileSync(file, 'utf8').replace(/\r?\n$/, '');
	} catch (error) {
		throw new SettingError(`${name}_FILE is ${file}, which cannot be read: ${String(error)}`);
	}
}
