/*
 * npm test: what a contributor runs. `npm run test:all` adds what takes long; `npm test -- unit e2e` runs those parts.
 * Installs what the chosen parts need before the first of them.
 */
import { parseArgs } from 'node:util';

import { PARTS } from './parts.mjs';
import { fail, installDependencies, say } from './setup.mjs';

const { values, positionals } = parseArgs({
	options: { all: { type: 'boolean', default: false } },
	allowPositionals: true,
});
const unknown = positionals.filter((name) => !(name in PARTS));
if (unknown.length > 0) {
	fail(`There is no part ${unknown.join(', ')}: choose from ${Object.keys(PARTS).join(', ')}.`);
}
const parts = Object.entries(PARTS).filter(([name, { long = false }]) =>
	positionals.length > 0 ? positionals.includes(name) : values.all || !long,
);

const times = [await timed('install', install)];
const counts = { passed: 0, failed: 0, skipped: 0 };
for (const [name, { run }] of parts) {
	say(`\n── ${name}`);
	times.push(
		await timed(name, () => {
			const { passed, failed, skipped = 0 } = run();
			counts.passed += passed;
			counts.failed += failed;
			counts.skipped += skipped;
		}),
	);
}
console.log(`\nSeconds: ${times.map(({ name, seconds }) => `${name} ${seconds}`).join(', ')}`);
const skipped = counts.skipped > 0 ? `, ${counts.skipped} skipped` : '';
console.log(`\n${counts.passed} passed, ${counts.failed} failed${skipped}`);
process.exitCode = counts.failed > 0 ? 1 : 0;

async function install() {
	installDependencies();
	for (const folder of new Set(parts.flatMap(([, { folders = [] }]) => folders))) {
		installDependencies(folder);
	}
	const { tsImport } = await import('tsx/esm/api');
	/** @type {typeof import('../harness/prerequisites.js')} */
	const { installPrerequisites } = await tsImport('../harness/prerequisites.ts', import.meta.url);
	try {
		await installPrerequisites({
			n8n: [...new Set(parts.flatMap(([, { n8n = [] }]) => n8n))],
			programs: [...new Set(parts.flatMap(([, { programs = [] }]) => programs))],
		});
	} catch (error) {
		fail(error instanceof Error ? error.message : String(error));
	}
}

/**
 * @param {string} name
 * @param {() => void | Promise<void>} work
 */
async function timed(name, work) {
	const start = performance.now();
	await work();
	return { name, seconds: Math.round((performance.now() - start) / 1000) };
}
