/*
 * npm test: what a contributor runs. --all: what CI runs. --soak: what takes longest, alone. `npm test -- unit e2e`: those
 * parts. --list prints their names as JSON and runs nothing. Installs and builds first, then hands over to test.ts.
 */
import { chooseParts } from './parts.mjs';
import { build, fail, installDependencies } from './setup.mjs';

const args = process.argv.slice(2);
try {
	const parts = chooseParts(args);
	if (args.includes('--list')) {
		console.log(JSON.stringify(parts.map(([name]) => name)));
	} else {
		installDependencies('.', 'bench', 'inbox');
		build();
		const { tsImport } = await import('tsx/esm/api');
		/** @type {typeof import('./test.js')} */
		const { test } = await tsImport('./test.ts', import.meta.url);
		await test(parts);
	}
} catch (error) {
	fail(error instanceof Error ? error.message : String(error));
}
