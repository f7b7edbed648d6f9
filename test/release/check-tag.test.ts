import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/* scripts/check-tag.mjs, on a package that may be published but for one fault. */

const PROJECT = join(__dirname, '../..');
const REPOSITORY = 'somebody/n8n-nodes-koeiq';

let folder: string;

beforeEach(() => {
	folder = mkdtempSync(join(tmpdir(), 'koeiq-tag-'));
	const manifest = {
		name: 'n8n-nodes-koeiq',
		version: '1.2.3',
		files: ['dist'],
		repository: { type: 'git', url: `git+https://github.com/${REPOSITORY}.git` },
	};
	write('package.json', JSON.stringify(manifest));
	write('package-lock.json', '{ "version": "1.2.3" }');
	write('CHANGELOG.md', '## [Unreleased]\n\n## [1.2.3] - 2026-11-24\n');
	write('dist/index.js', '');
});

afterEach(() => {
	rmSync(folder, { recursive: true, force: true });
});

function write(file: string, text: string): void {
	mkdirSync(dirname(join(folder, file)), { recursive: true });
	writeFileSync(join(folder, file), text);
}

function check(tag = 'v1.2.3', repository = REPOSITORY) {
	const script = join(PROJECT, 'scripts/check-tag.mjs');
	const { status, stderr } = spawnSync(process.execPath, [script, tag, repository], {
		cwd: folder,
		encoding: 'utf8',
	});
	return { status, stderr };
}

test('a tag of this version and repository may be published', () => {
	write('CONTRIBUTING.md', 'Not shipped: https://github.com/OWNER/n8n-nodes-koeiq');
	expect(check()).toEqual({ status: 0, stderr: '' });
});

test.each<[problem: string, tag?: string, repository?: string]>([
	['The tag is v9.0.0', 'v9.0.0'],
	['this is else/where', 'v1.2.3', 'else/where'],
])('refuses another version or repository: %s', (problem, ...args) => {
	const { status, stderr } = check(...args);
	expect(stderr).toContain(problem);
	expect(status).toBe(1);
});

test.each([
	['in package-lock.json is 9.0.0', 'package-lock.json', '{ "version": "9.0.0" }'],
	['in CHANGELOG.md', 'CHANGELOG.md', '## [9.0.0] - 2026-11-24'],
	['in CHANGELOG.md', 'CHANGELOG.md', '## [1.2.3]'],
	['dist/index.js would be shipped', 'dist/index.js', '// github.com/OWNER/n8n'],
	['README.md would be shipped', 'README.md', 'somebody@example.com'],
])('refuses, with "%s": %s with %j', (problem, file, text) => {
	write(file, text);
	const { status, stderr } = check();
	expect(stderr).toContain(problem);
	expect(status).toBe(1);
});
