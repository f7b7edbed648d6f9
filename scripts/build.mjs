/*
 * npm run build:package: compiles the package into dist/, from nothing, so that nothing of an earlier build is ever packed.
 * `--dev FOLDER` compiles into another folder, what has changed alone, with source maps: what is published has none.
 */
import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

import { fail, PROJECT, runNode } from './setup.mjs';

const { values } = parseArgs({ options: { dev: { type: 'string' } } });
const target = values.dev ?? join(PROJECT, 'dist');
if (values.dev === undefined) gulp('clean');

const development = ['--sourceMap', '--incremental', '--tsBuildInfoFile', `${target}.tsbuildinfo`];
const compiler = [
	...['node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json', '--outDir', target],
	...(values.dev === undefined ? [] : development),
];
if (runNode(compiler) !== 0) fail('The package does not compile: the messages are above.');
// Types that nothing reaches from the package's index are only weight.
for (const folder of ['inbox', 'trigger', 'upload']) {
	const path = join(target, 'nodes/KoeIq', folder);
	for (const file of readdirSync(path).filter((name) => name.endsWith('.d.ts'))) {
		rmSync(join(path, file));
	}
}
if (runNode(['node_modules/tsx/dist/cli.mjs', 'scripts/schema.ts']) !== 0) {
	fail('The schema preview could not be made: the message is above.');
}
gulp('assets');

/** @param {string} task of gulpfile.js */
function gulp(task) {
	const args = ['node_modules/gulp/bin/gulp.js', '--silent', task];
	if (runNode(args, { BUILD_FOLDER: target }) !== 0) fail(`The build's task ${task} failed.`);
}
