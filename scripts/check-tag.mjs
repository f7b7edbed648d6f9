/* node scripts/check-tag.mjs v0.1.0 owner/repository: whether this tag of this repository may be published. */
import { readFileSync } from 'node:fs';

const [tag, repository] = process.argv.slice(2);
const manifest = JSON.parse(readFileSync('package.json', 'utf8'));
const lock = JSON.parse(readFileSync('package-lock.json', 'utf8'));
const released = /^## \[(\d[^\]]*)\] - \d{4}-\d{2}-\d{2}$/m.exec(
	readFileSync('CHANGELOG.md', 'utf8'),
)?.[1];

const problems = [
	[
		tag === `v${manifest.version}`,
		`The tag is ${tag}, and the version in package.json ${manifest.version}.`,
	],
	[
		lock.version === manifest.version,
		`The version in package-lock.json is ${lock.version}, and in package.json ${manifest.version}: run npm install.`,
	],
	[
		released === manifest.version,
		`The newest release with a date in CHANGELOG.md is ${released}, and the version in package.json ${manifest.version}.`,
	],
	[
		// npm refuses a provenance of another repository than the one that the package names.
		manifest.repository.url === `git+https://github.com/${repository}.git`,
		`package.json names the repository ${manifest.repository.url}, and this is ${repository}.`,
	],
].flatMap(([holds, problem]) => (holds ? [] : [problem]));

for (const problem of problems) console.error(problem);
if (problems.length === 0) console.log(`${tag} of ${repository} may be published.`);
process.exitCode = problems.length === 0 ? 0 : 1;
