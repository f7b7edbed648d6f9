/*
 * npm test: what a contributor runs. `npm run test:all` adds what takes long; `npm test -- unit e2e` runs those parts.
 * Installs what the chosen parts need before the first of them. The last line is the count.
 */
import { parseArgs } from 'node:util';

import { PARTS, runPart } from './parts.mjs';
import { fail, installDependencies, say } from './setup.mjs';

const { values, positionals } = parseArgs({
	options: { all: { type: 'boolean', default: false } },
	allowPositionals: true,
});
const unknown = positionals.filter((name) => !(name in PARTS));
if (unknown.length > 0) {
	fail(`There is no part ${unknown.join(', ')}: choose from ${Object.keys(PARTS).join(', ')}.`);
}
const chosen = Object.entries(PARTS).filter(([name, { long = false }]) =>
	positionals.length > 0 ? positionals.includes(name) : values.all || !long,
);
const isBuildNeeded = chosen.some(([, { fromSources = false }]) => !fromSources);
const parts = Object.entries(PARTS).filter(
	([name, { first = false }]) => (first && isBuildNeeded) || chosen.some(([one]) => one === name),
);

/** Parts at a time: what two cores bear. */
const LANES = 2;
/** Milliseconds of silence after which a part is said to go on. */
const SIGN_OF_LIFE = 60_000;

const beginning = performance.now();
await install();
const times = [`install ${secondsSince(beginning)}`];
const counts = { passed: 0, failed: 0, skipped: 0 };
/** @type {Array<{ name: string, problems: string[] }>} */
const failures = [];
await runParts(parts.filter(([, { first }]) => first));
await runParts(parts.filter(([, { first }]) => !first));
// Once more: what a part said is by now far up, among the lines of others.
for (const { name, problems } of failures) {
	console.log(`\n── ${name} failed:\n${problems.join('\n') || 'Its own lines say why.'}`);
}
console.log(`\nSeconds: ${times.join(', ')}, all ${secondsSince(beginning)}`);
if (counts.skipped > 0) console.log(`Skipped: ${counts.skipped}`);
console.log(`\n${counts.passed} passed, ${counts.failed} failed`);
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
 * Runs parts, two at a time; beside another, each line says of which it is.
 *
 * @param {typeof parts} waiting
 */
async function runParts(waiting) {
	const isAlone = waiting.length === 1;
	await Promise.all(
		Array.from({ length: LANES }, async () => {
			for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
				const [name, part] = next;
				say(`── ${name} …`);
				const start = performance.now();
				const sign = setInterval(() => {
					if (!isAlone) say(`${name} │ runs for ${secondsSince(start)} s …`);
				}, SIGN_OF_LIFE);
				/** @param {string} line */
				const onLine = (line) => {
					sign.refresh();
					if (line.trim() !== '') console.log(`${name} │ ${line}`);
				};
				const count = await runPart(part, isAlone ? undefined : onLine);
				clearInterval(sign);
				const seconds = secondsSince(start);
				say(`── ${name}: ${count.passed} passed, ${count.failed} failed, ${seconds} s`);
				times.push(`${name} ${seconds}`);
				counts.passed += count.passed;
				counts.failed += count.failed;
				counts.skipped += count.skipped ?? 0;
				if (count.failed > 0) failures.push({ name, problems: count.problems ?? [] });
			}
		}),
	);
}

/** @param {number} start */
function secondsSince(start) {
	return Math.round((performance.now() - start) / 1000);
}
