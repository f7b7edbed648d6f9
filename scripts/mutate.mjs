/* npm run mutate: changes the core bit by bit, and runs the core's tests on each change: one of them has to fail. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';

import { fail, installDependencies, PROJECT, runNode, runNpm, say } from './setup.mjs';

installDependencies();
if (!existsSync(join(PROJECT, 'mutation/node_modules'))) {
	say('Installing what only mutation testing needs (66 MB) …');
	if (runNpm('ci', '--prefix', 'mutation') !== 0) fail('npm ci failed: its messages are above.');
}

process.exitCode = runNode(
	'mutation/node_modules/@stryker-mutator/core/bin/stryker.js',
	'run',
	'mutation/stryker.config.json',
	...process.argv.slice(2),
);
