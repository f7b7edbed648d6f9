/* npm run bench: measures the trigger beside others. `npm run bench -- core n8n` runs those two. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';

import { fail, installDependencies, PROJECT, runNode, runNpm, say } from './setup.mjs';

installDependencies();
if (!existsSync(join(PROJECT, 'bench/node_modules'))) {
	say('Installing what only the benchmarks need (40 MB) …');
	if (runNpm('ci', '--prefix', 'bench') !== 0) fail('npm ci failed: its messages are above.');
}
say('Building the package …');
if (runNpm('run', '--silent', 'build') !== 0) fail('The build failed: its messages are above.');

process.exitCode = runNode('--import', 'tsx', 'bench/main.ts', ...process.argv.slice(2));
