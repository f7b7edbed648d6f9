import { fstatSync, writeSync } from 'node:fs';

import { pino } from 'pino';
import { prettyFactory } from 'pino-pretty';

/** What a line says beside its message, such as `event` (a delivery id) and `target`. Never a body or a secret. */
export type Fields = Readonly<Record<string, string | number | boolean | null | undefined>>;

type Write = (fields: Fields, message: string) => void;

export interface Log {
	info: Write;
	warn: Write;
	error: Write;
}

/** Bytes of lines that wait for a slow reader; what comes beyond is dropped. */
const BACKLOG_LIMIT = 1024 * 1024;
const MINUTE = 60_000;

/** Lines on standard output: JSON, or for people if that is a terminal. A line that cannot be written is dropped. */
export const log = createLog(standardOutput());

/** A log of one JSON line an entry: `time` (ISO 8601), `level`, the fields and `msg`. */
export function createLog(write: (line: string) => void): Log {
	const logger = pino(
		{
			base: null,
			timestamp: pino.stdTimeFunctions.isoTime,
			formatters: { level: (level) => ({ level }) },
		},
		{ write },
	);
	const at =
		(level: keyof Log): Write =>
		(fields, message) => {
			logger[level](harmlessFields(fields), harmless(message));
		};
	return { info: at('info'), warn: at('warn'), error: at('error') };
}

const topics = new Map<string, { loggedAt: number; omitted: number }>();

/**
 * Warns at most once a minute for each topic, for what a sender can cause at will; the next line says in `omitted` how
 * many were left out.
 *
 * @param topic one of few: nothing that a sender chooses
 */
export function logSometimes(topic: string, fields: Fields, message: string): void {
	const now = performance.now();
	const last = topics.get(topic);
	if (last !== undefined && now - last.loggedAt < MINUTE) {
		last.omitted += 1;
		return;
	}
	topics.set(topic, { loggedAt: now, omitted: 0 });
	log.warn(last?.omitted ? { ...fields, omitted: last.omitted } : fields, message);
}

/**
 * Text of others that cannot harm a terminal or tell a secret: control and invisible characters are escaped, and URLs
 * are without user name, password and query.
 */
export function harmless(text: string): string {
	return text
		.replaceAll(/:\/\/.*@/g, '://…@')
		.replaceAll(/(:\/\/[^\s?]*)\?[^\s"'`]*/g, '$1?…')
		.replaceAll(/[\p{C}\p{Zl}\p{Zp}]/gu, escape);
}

function escape(character: string): string {
	return `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`;
}

function harmlessFields(fields: Fields): Fields {
	return Object.fromEntries(
		Object.entries(fields).map(([name, value]) => [
			name,
			typeof value === 'string' ? harmless(value) : value,
		]),
	);
}

/**
 * Writes without ever throwing or waiting. Node writes to a pipe in the background, so a reader that stands still stops
 * nothing; a file takes a line at once, and after a full disk it takes lines again.
 */
function standardOutput(): (line: string) => void {
	const { stdout } = process;
	// One is enough, however often this is loaded: tests load it in each file.
	if (stdout.listenerCount('error') === 0) stdout.on('error', () => {});
	if (stdout.isTTY) {
		const pretty = prettyFactory({ colorize: true, translateTime: 'SYS:HH:MM:ss' });
		return (line) => stdout.write(pretty(line));
	}
	if (isPipe(stdout.fd)) {
		return (line) => {
			if (!stdout.destroyed && stdout.writableLength < BACKLOG_LIMIT) stdout.write(line);
		};
	}
	return (line) => {
		try {
			writeSync(stdout.fd, line);
		} catch {
			// The disk is full, or standard output is closed.
		}
	};
}

function isPipe(fd: number): boolean {
	try {
		const status = fstatSync(fd);
		return status.isFIFO() || status.isSocket();
	} catch {
		return false;
	}
}
