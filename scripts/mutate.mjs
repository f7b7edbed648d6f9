/* npm run mutate: changes the core bit by bit, and runs the core's tests on each change: one of them has to fail. */
import { installDependencies, runNode } from './setup.mjs';

installDependencies();
installDependencies('mutation');

process.exitCode = runNode([
	'mutation/node_modules/@stryker-mutator/core/bin/stryker.js',
	'run',
	'mutation/stryker.config.json',
	...process.argv.slice(2),
]);
