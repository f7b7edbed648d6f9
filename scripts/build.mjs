/*
 * npm run build:package: compiles the package into dist/, from nothing, so that nothing of an earlier build is ever packed.
 * `--source-maps` is for a debugger on this machine; what is published has none.
 */
import { fail, runNode } from './setup.mjs';

const GULP = 'node_modules/gulp/bin/gulp.js';

if (runNode([GULP, '--silent', 'clean']) !== 0) fail('dist/ could not be emptied.');
const sourceMaps = process.argv.includes('--source-maps') ? ['--sourceMap'] : [];
const compiler = ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json', ...sourceMaps];
if (runNode(compiler) !== 0) fail('The package does not compile: the messages are above.');
if (runNode(['node_modules/tsx/dist/cli.mjs', 'scripts/schema.ts']) !== 0) {
	fail('The schema preview could not be made: the message is above.');
}
if (runNode([GULP, '--silent', 'assets']) !== 0) fail('The icons could not be copied into dist/.');
