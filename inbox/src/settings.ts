import { findSecretProblem } from '../../nodes/KoeIq/core/secret';
import { isSet, type Secrets } from '../../nodes/KoeIq/core/signature';
import {
	asTyped,
	listOf,
	oneOf,
	secretUrl,
	times,
	toStore,
	upTo,
	wholeNumber,
} from './settings/readers';
import { isBlockedPort, targetUrl, type Address } from './settings/targets';
import { SettingError, Variables } from './settings/variables';

export { SettingError };

/** What the operator chose, checked. Times are in milliseconds. */
export interface Settings {
	secrets: Secrets;
	/** URLs of KoeIQ Triggers; none while events are to wait. */
	forwardTo: string[];
	/** A file, or `postgres://…`. */
	store: string;
	host: string;
	port: number;
	/** Where the operator's page is, if it has a password, and the API, if it has a key; undefined without such a port. */
	admin: (Address & Access) | undefined;
	/** Requests under way to each target. */
	concurrency: number;
	/** Between the attempts of an event that its target refuses. */
	retryPauses: number[];
	/** How long a workflow may take to answer. */
	answerTimeout: number;
	/** Free space on the disk of a SQLite store below which no new event is stored. */
	minFreeBytes: number;
	/** How long a delivered event stays. */
	keep: number;
	/** The incoming webhook of the chat that is told what an operator has to know, a secret; undefined if none is. */
	notify: { url: string; language: Language } | undefined;
	/** What the operator should know; nothing stops. */
	warnings: string[];
}

export type Language = 'en' | 'ja';

interface Access {
	password: string | undefined;
	apiKey: string | undefined;
}

const SECOND = 1000;
const DAY = 86_400 * SECOND;
const MEGABYTE = 1024 * 1024;
const RECOMMENDED_PASSWORD_LENGTH = 12;
const MIN_API_KEY_LENGTH = 24;

const port = wholeNumber(1, 65_535);
const pauses = listOf(
	times(SECOND, upTo(365 * 86_400, 'seconds', ', or several separated by spaces')),
);
const answerTimeout = times(SECOND, wholeNumber(1, 86_400));
const megabytes = times(MEGABYTE, wholeNumber(0, 1_000_000));
const days = times(DAY, upTo(36_500, 'days'));

/** Reads the environment. @throws {SettingError} */
export function readSettings(env: NodeJS.ProcessEnv): Settings {
	const variables = new Variables(env);
	const secrets = readSecrets(variables);
	const access = {
		password: variables.readSecret('INBOX_PAGE_PASSWORD') || undefined,
		apiKey: readApiKey(variables),
	};
	const door = {
		host: variables.read('INBOX_HOST', asTyped, '0.0.0.0'),
		port: variables.read('INBOX_PORT', port, '8080'),
	};
	const admin = readAdmin(variables, door, access);
	const target = targetUrl(admin === undefined ? [door] : [door, admin]);
	const settings = {
		secrets,
		...door,
		admin,
		store: storeOf(variables),
		forwardTo: [...new Set(variables.read('INBOX_FORWARD_TO', listOf(target)))],
		concurrency: variables.read('INBOX_CONCURRENCY', wholeNumber(1, 100), '4'),
		retryPauses: variables.read('INBOX_RETRY_PAUSES', pauses, '5 30 120 600 3600 21600 86400'),
		answerTimeout: variables.read('INBOX_ANSWER_TIMEOUT', answerTimeout, '900'),
		minFreeBytes: variables.read('INBOX_MIN_FREE_MB', megabytes, '64'),
		keep: variables.read('INBOX_KEEP_DAYS', days, '7'),
		notify: notifyOf(variables),
	};
	const warnings = [
		...findWarnings(settings, access),
		...variables
			.unread()
			.map(
				({ name, meant }) =>
					`${name} is not a setting of the inbox, and has no effect.${meant === undefined ? '' : ` Did you mean ${meant}?`}`,
			),
	];
	return { ...settings, warnings };
}

/** Only where the events are, for a command that needs nothing else. @throws {SettingError} */
export function readStore(env: NodeJS.ProcessEnv): string {
	return storeOf(new Variables(env));
}

/** Only the chat and its language. @throws {SettingError} */
export function readNotify(env: NodeJS.ProcessEnv): Settings['notify'] {
	return notifyOf(new Variables(env));
}

function storeOf(variables: Variables): string {
	return toStore(variables.readSecret('INBOX_STORE').trim() || 'inbox.sqlite', 'INBOX_STORE');
}

function readSecrets(variables: Variables): Secrets {
	const current = variables.readSecret('INBOX_WEBHOOK_SECRET');
	const previous = variables.readSecret('INBOX_PREVIOUS_WEBHOOK_SECRET');
	if (isSet(current)) return { current, previous };
	throw new SettingError(
		'INBOX_WEBHOOK_SECRET is not set. Set it to the secret from KoeIQ (Admin → Settings → Webhook Settings), or set INBOX_WEBHOOK_SECRET_FILE to a file that contains the secret.',
	);
}

function readApiKey(variables: Variables): string | undefined {
	const key = variables.readSecret('INBOX_API_KEY');
	if (key === '') return undefined;
	if (!/^[\x21-\x7e]*$/.test(key)) {
		throw new SettingError(
			'INBOX_API_KEY must contain only printable ASCII characters, and no spaces.',
		);
	}
	if (key.length >= MIN_API_KEY_LENGTH) return key;
	throw new SettingError(
		`INBOX_API_KEY must have at least ${MIN_API_KEY_LENGTH} characters (got ${key.length}). To make one, run "openssl rand -hex 24".`,
	);
}

function notifyOf(variables: Variables): Settings['notify'] {
	const language = variables.read('INBOX_LANGUAGE', oneOf('en', 'ja'), 'en');
	const url = variables.readSecret('INBOX_NOTIFY_URL').trim();
	return url === '' ? undefined : { url: secretUrl(url, 'INBOX_NOTIFY_URL'), language };
}

function readAdmin(variables: Variables, door: Address, access: Access): Settings['admin'] {
	const host = variables.read('INBOX_ADMIN_HOST', asTyped, '127.0.0.1');
	const adminPort = variables.read('INBOX_ADMIN_PORT', port);
	if (adminPort === undefined) return undefined;
	if (adminPort === door.port) {
		throw new SettingError(
			`INBOX_ADMIN_PORT and INBOX_PORT are both ${adminPort}. The page and the API need a port of their own, because it must not be public.`,
		);
	}
	if (isBlockedPort(adminPort)) {
		throw new SettingError(
			`INBOX_ADMIN_PORT is ${adminPort}, a port that browsers block. Use another port.`,
		);
	}
	return { host, port: adminPort, ...access };
}

/** What works and is unwise. The trigger opens with such a secret too, so the inbox does not keep its events out. */
function findWarnings(
	{ secrets, admin }: Pick<Settings, 'secrets' | 'admin'>,
	{ password, apiKey }: Access,
): string[] {
	const warnings: string[] = [];
	const secretProblem = findSecretProblem(secrets.current, secrets.previous ?? '');
	if (secretProblem !== undefined) warnings.push(secretProblem);
	if (admin !== undefined && password === undefined && apiKey === undefined) {
		warnings.push(
			'The page and the API are off: INBOX_ADMIN_PORT is set, but neither INBOX_PAGE_PASSWORD nor INBOX_API_KEY is.',
		);
	}
	if (admin === undefined && password !== undefined) {
		warnings.push('The page is off: INBOX_PAGE_PASSWORD is set, but INBOX_ADMIN_PORT is not.');
	}
	if (admin === undefined && apiKey !== undefined) {
		warnings.push('The API is off: INBOX_API_KEY is set, but INBOX_ADMIN_PORT is not.');
	}
	if (password !== undefined && password.length < RECOMMENDED_PASSWORD_LENGTH) {
		warnings.push(
			`INBOX_PAGE_PASSWORD has fewer than ${RECOMMENDED_PASSWORD_LENGTH} characters, so it could be guessed.`,
		);
	}
	return warnings;
}
