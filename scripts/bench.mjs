/* npm run bench: measures the trigger beside others. `npm run bench -- core n8n` runs those two. */
import { build, installDependencies, runNode } from './setup.mjs';

installDependencies('.', 'bench');
build();

process.exitCode = runNode(['--import', 'tsx', 'bench/main.ts', ...process.argv.slice(2)]);
