import { HarnessError, toStandardError } from '../harness/report';

/* What the commands have in common that start n8n and stay up. */

const POLL_MILLISECONDS = 500;

/** Runs a command: what goes wrong is printed as a sentence, and ends it. */
export function runCommand(usage: string, main: () => Promise<void>): void {
	main().catch((error: unknown) => {
		const { code } = error as { code?: unknown };
		if (String(code).startsWith('ERR_PARSE_ARGS')) toStandardError(`Usage: ${usage}`);
		else toStandardError(error instanceof HarnessError ? `\n${error.message}` : String(error));
		process.exit(1);
	});
}

/** A port that was given as an argument, if one was. */
export function toPort(text: string | undefined): number | undefined {
	if (text === undefined) return undefined;
	const port = Number(text);
	if (Number.isInteger(port) && port >= 1 && port <= 65_535) return port;
	throw new HarnessError(`--port takes a number from 1 to 65535, not ${text}.`);
}

/**
 * Calls `end` once this command is to end: told by a signal, or because npm is gone. A SIGTERM to npm may get no
 * further than the shell between npm and this process.
 *
 * @returns replaces `end`: what is to be done once something has been started
 */
export function whenToldToEnd(end: () => void): (end: () => void) => void {
	const parent = process.ppid;
	let isEnding = false;
	const endOnce = () => {
		if (!isEnding) end();
		isEnding = true;
	};
	for (const name of ['SIGINT', 'SIGTERM'] as const) process.on(name, endOnce);
	if (process.env.npm_lifecycle_event !== undefined) {
		setInterval(() => {
			if (process.ppid !== parent) endOnce();
		}, POLL_MILLISECONDS).unref();
	}
	return (other) => {
		end = other;
	};
}

/** Prints lines of a name and a value. */
export function printTable(rows: Record<string, string | undefined>): void {
	for (const [name, value] of Object.entries(rows)) {
		if (value !== undefined) console.log(name.padEnd(15) + value);
	}
}
