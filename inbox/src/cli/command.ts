import { parseArgs } from 'node:util';

import { SettingError } from '../settings';

/** What the command line asks for. */
export type Command =
	| { name: 'run' | 'help' | 'version' | 'export' | 'notify-test' }
	| { name: 'copy'; to: string }
	| { name: 'backup' | 'restore'; file: string };

const OPTIONS = {
	help: { type: 'boolean', short: 'h' },
	version: { type: 'boolean' },
	to: { type: 'string' },
	failed: { type: 'boolean' },
} as const;

const SEE_HELP = 'Run "koeiq-inbox --help" for the list of commands.';

/** @throws {SettingError} a sentence that says what is wrong */
export function parseCommand(args: string[]): Command {
	const { values, positionals } = parse(args);
	if (values.help === true) return { name: 'help' };
	if (values.version === true) return { name: 'version' };
	const [name, ...operands] = positionals;
	const given = [...Object.keys(values).map((option) => `--${option}`), ...operands];
	/** Refuses what this command does not know. */
	const only = (...known: Array<string | undefined>) => {
		const [unknown] = given.filter((one) => !known.includes(one));
		if (unknown === undefined) return;
		throw new SettingError(
			`"koeiq-inbox${name === undefined ? '' : ` ${name}`}" does not accept "${unknown}". ${SEE_HELP}`,
		);
	};
	const needed = (value: string | undefined, example: string) => {
		if (value !== undefined && value !== '') return value;
		throw new SettingError(`An argument is missing. Usage: koeiq-inbox ${example}`);
	};
	switch (name) {
		case undefined:
			only();
			return { name: 'run' };
		case 'help':
		case 'notify-test':
			only();
			return { name };
		case 'copy':
			only('--to');
			return { name, to: needed(values.to, 'copy --to <file or postgres://…>') };
		case 'export':
			only('--failed');
			if (values.failed !== true) needed(undefined, 'export --failed');
			return { name };
		case 'backup':
		case 'restore': {
			const [file] = operands;
			only(file);
			return { name, file: needed(file, `${name} <file>`) };
		}
		default:
			throw new SettingError(`There is no command "${name}". ${SEE_HELP}`);
	}
}

function parse(args: string[]) {
	try {
		return parseArgs({ args, options: OPTIONS, allowPositionals: true });
	} catch (error) {
		// Node's own sentence, less its advice for programmers.
		const [sentence = ''] = (error as Error).message.split('. ');
		throw new SettingError(`${sentence}. ${SEE_HELP}`);
	}
}
