/*
 * npm run build: compiles the package into dist/, from nothing, so that nothing of an earlier build is ever packed,
 * and the inbox, a program of its own, into inbox/dist/.
 * `--source-maps` is for a debugger on this machine; what is published has none.
 */
import { cpSync, rmSync, statSync } from 'node:fs';
import { extname, join } from 'node:path';

import { fail, installDependencies, PROJECT, runNode, runNpm } from './setup.mjs';

const DIST = join(PROJECT, 'dist');
const ASSETS = ['.svg', '.json'];

rmSync(DIST, { recursive: true, force: true });
const sourceMaps = process.argv.includes('--source-maps') ? ['--sourceMap'] : [];
const compiler = ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json', ...sourceMaps];
if (runNode(compiler) !== 0) fail('The package does not compile: the messages are above.');
if (runNode(['node_modules/tsx/dist/cli.mjs', 'scripts/schema.ts']) !== 0) {
	fail('The schema preview could not be made: the message is above.');
}
cpSync(join(PROJECT, 'nodes'), join(DIST, 'nodes'), {
	recursive: true,
	filter: (path) => statSync(path).isDirectory() || ASSETS.includes(extname(path)),
});

installDependencies('inbox');
if (runNpm('run', '--silent', '--prefix', 'inbox', 'build') !== 0) {
	fail('The inbox does not compile: the messages are above.');
}
