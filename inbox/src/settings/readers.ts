import { harmless } from '../log';
import { SettingError, type Reader } from './variables';

export const asTyped: Reader<string> = (text) => text;

export function wholeNumber(least: number, most: number): Reader<number> {
	return (text, name) => {
		const number = toNumber(text);
		if (Number.isInteger(number) && number >= least && number <= most) return number;
		throw new SettingError(
			`${name} must be a whole number between ${least} and ${most} (got ${quote(text)}).`,
		);
	};
}

/** Fractions too. @param more of what may be given, for the sentence */
export function upTo(most: number, unit: string, more = ''): Reader<number> {
	return (text, name) => {
		const number = toNumber(text);
		if (number >= 0 && number <= most) return number;
		throw new SettingError(
			`${name} must be a number of ${unit} between 0 and ${most}${more} (got ${quote(text)}).`,
		);
	};
}

export function oneOf<const Choice extends string>(...choices: Choice[]): Reader<Choice> {
	return (text, name) => {
		const chosen = choices.find((choice) => choice === text.toLowerCase());
		if (chosen !== undefined) return chosen;
		throw new SettingError(`${name} must be ${choices.join(' or ')} (got ${quote(text)}).`);
	};
}

/** What another reader reads, in a smaller unit. */
export function times(factor: number, reader: Reader<number>): Reader<number> {
	return (text, name) => reader(text, name) * factor;
}

/** Items with white space between them. */
export function listOf<Item>(reader: Reader<Item>): Reader<Item[]> {
	return (text, name) =>
		text
			.split(/\s+/)
			.filter((word) => word !== '')
			.map((word) => reader(word, name));
}

/** A file's name or the URL of a PostgreSQL. What is wrong with it is not shown: a password could be in it. */
export const toStore: Reader<string> = (typed, name) => {
	const text = typed.trim();
	if (/^postgres(ql)?:\/\//i.test(text)) {
		if (URL.canParse(text)) return text;
		throw new SettingError(
			`${name} must be a valid postgres:// URL. In its user name and password, write % as %25, : as %3A, / as %2F, ? as %3F, # as %23 and @ as %40.`,
		);
	}
	if (!NO_FILE_NAME.some((pattern) => pattern.test(text))) return text;
	throw new SettingError(
		`${name} must be the path of a file, or postgres://user:password@host/database, without quotes.`,
	);
};

/** The incoming webhook of a chat. Whoever has it can write there, so nothing of it is shown. */
export const secretUrl: Reader<string> = (text, name) => {
	const url = URL.parse(text);
	const isHttp = url?.protocol === 'https:' || url?.protocol === 'http:';
	if (isHttp && url.username === '' && url.password === '') return url.href;
	throw new SettingError(
		`${name} must be the URL of a chat's incoming webhook. It starts with https:// or http://, and has no quotes, user name or password.`,
	);
};

const NO_FILE_NAME = [
	/^["'`]|["'`]$/,
	// A URL or another scheme, also ":memory:". One letter is a drive of Windows.
	/^[a-z][a-z\d+.-]+:|:\/\/|^:/i,
	// A URL that has lost its scheme, and the other way to write one for PostgreSQL.
	/:.*@|\bpassword\s*=/i,
	/\p{Cc}/u,
];

function toNumber(text: string): number {
	return /^\d+(\.\d+)?$/.test(text) ? Number(text) : NaN;
}

/** What was got, short, and without what could be a secret. */
export function quote(text: string): string {
	const shown = harmless(text).replace(/^.*@/, '…@');
	return `"${shown.length > 60 ? `${shown.slice(0, 60)}…` : shown}"`;
}
