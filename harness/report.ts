/** Says what is being done, one line at a time. */
export type Report = (line: string) => void;

/** For a person, on standard error, so that a command's own output stays clean. */
export const toStandardError: Report = (line) => {
	process.stderr.write(`${line}\n`);
};

/** Something that the person at the keyboard can put right: its message says what and how, without a stack. */
export class HarnessError extends Error {
	override readonly name = 'HarnessError';
}

/** Passes at most one line in `milliseconds`, so that a long install shows life without a flood. */
export function throttle(report: Report, milliseconds: number): Report {
	let last = 0;
	return (line) => {
		if (Date.now() - last < milliseconds) return;
		last = Date.now();
		report(line);
	};
}
