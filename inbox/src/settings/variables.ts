import { readFileSync } from 'node:fs';

/** A setting that cannot be: its message is a sentence that names the variable, and shows no secret. */
export class SettingError extends Error {
	override readonly name = 'SettingError';
}

/** Turns the text of a variable into its value. @throws {SettingError} */
export type Reader<Value> = (text: string, name: string) => Value;

/** The environment's variables, and which of them have been asked for. Empty is as not set. */
export class Variables {
	private readonly known = new Set<string>();

	constructor(private readonly env: NodeJS.ProcessEnv) {}

	/** Reads a variable without the white space around it. @throws {SettingError} */
	read<Value>(name: string, reader: Reader<Value>, fallback: string): Value;
	read<Value>(name: string, reader: Reader<Value>): Value | undefined;
	read<Value>(name: string, reader: Reader<Value>, fallback = ''): Value | undefined {
		const text = this.take(name).trim() || fallback;
		return text === '' ? undefined : reader(text, name);
	}

	/**
	 * Reads a variable as it is typed, or the file that the variable with `_FILE` names, less the line break that editors
	 * put at its end.
	 *
	 * @throws {SettingError}
	 */
	readSecret(name: string): string {
		const fileName = `${name}_FILE`;
		const [value, file] = [this.take(name), this.take(fileName)];
		if (file === '') return value;
		if (value !== '')
			throw new SettingError(`${name} and ${fileName} are both set. Remove one of them.`);
		try {
			return readFileSync(file, 'utf8').replace(/\r?\n$/, '');
		} catch (error) {
			const { code = 'unknown error' } = error as NodeJS.ErrnoException;
			// Not what it is set to: that could be the secret itself.
			throw new SettingError(`${fileName} must be the path of a file that can be read (${code}).`);
		}
	}

	/** Names that begin with INBOX_ and that nobody has asked for, each with the name that could be meant. */
	unread(): Array<{ name: string; meant: string | undefined }> {
		return Object.keys(this.env)
			.filter((name) => name.startsWith('INBOX_') && !this.known.has(name))
			.map((name) => ({
				name,
				meant: [...this.known].find((known) => slips(name, known) <= MOST_SLIPS),
			}));
	}

	private take(name: string): string {
		this.known.add(name);
		return this.env[name] ?? '';
	}
}

/** Letters that a name may have wrong and still be told. */
const MOST_SLIPS = 2;

/** The Levenshtein distance: letters to add, remove or change. */
function slips(one: string, other: string): number {
	let row = Array.from({ length: other.length + 1 }, (_, j) => j);
	for (let i = 0; i < one.length; i++) {
		const next = [i + 1];
		for (let j = 0; j < other.length; j++) {
			const changed = (row[j] ?? 0) + (one[i] === other[j] ? 0 : 1);
			next.push(Math.min(changed, (row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1));
		}
		row = next;
	}
	return row[other.length] ?? 0;
}
