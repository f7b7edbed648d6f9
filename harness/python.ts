import { execFileSync } from 'node:child_process';

/** Python 3, under whichever name it goes here; `undefined` if there is none. */
export function findPython(): { program: string; version: string } | undefined {
	for (const program of ['python3', 'python']) {
		try {
			const version = execFileSync(program, ['--version'], { encoding: 'utf8' }).trim();
			if (version.startsWith('Python 3')) return { program, version };
		} catch {
			// Not there under this name.
		}
	}
	return undefined;
}
