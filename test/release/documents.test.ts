import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';

/* The documents' links to files and headings of this repository. What leads elsewhere is not looked up. */

const PROJECT = join(__dirname, '../..');
const read = (file: string) => readFileSync(join(PROJECT, file), 'utf8');

/** What belongs to the project: not what is installed or built, nor what tools keep in hidden folders. */
function filesBelow(folder: string): string[] {
	return readdirSync(folder, { withFileTypes: true })
		.filter(({ name }) => name === '.github' || !/^(\.|node_modules$|dist$)/.test(name))
		.flatMap((entry) => {
			const path = join(folder, entry.name);
			return entry.isDirectory() ? filesBelow(path) : [relative(PROJECT, path)];
		});
}

const files = filesBelow(PROJECT);

/** As GitHub makes them of a page's headings. */
const anchorsOf = (page: string) =>
	[...read(page).matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
		heading
			.toLowerCase()
			.replace(/[^\p{L}\p{N}\s_-]/gu, '')
			.replaceAll(' ', '-'),
	);

function leadsSomewhere(page: string, link: string): boolean {
	const [path = '', anchor] = link.split('#');
	const target = path === '' ? page : join(dirname(page), path);
	if (!existsSync(join(PROJECT, target))) return false;
	return anchor === undefined || anchorsOf(target).includes(decodeURIComponent(anchor));
}

test.each(files.filter((file) => file.endsWith('.md')))('%s has no dead link', (page) => {
	const links = [...read(page).matchAll(/\]\((?!https?:|mailto:)([^)\s]+)\)/g)];
	const dead = links.map(([, link = '']) => link).filter((link) => !leadsSomewhere(page, link));
	expect(dead).toEqual([]);
});

const JAPANESE = files.filter((file) => /^docs\/ja\/.*\.md$/.test(file));

test.each(JAPANESE)('%s says of each English page that it is English', (page) => {
	// Below the links to the same page in English.
	const text = read(page).split('\n').slice(3).join('\n');
	const unmarked = [...text.matchAll(/\]\((?!https?:)([^)#]*)(?:#[^)]*)?\)(?!（英語）)/g)]
		.map(([, link = '']) => join(dirname(page), link))
		.filter((file) => /\.md$/.test(file) && !file.startsWith('docs/ja/'));
	expect(unmarked).toEqual([]);
});

test.each([
	['examples/README.md', 'examples'],
	['docs/ja/README.md', 'examples/ja'],
])('%s leads to each template of %s', (page, folder) => {
	const templates = files.filter((file) => dirname(file) === folder && file.endsWith('.json'));
	expect(templates).not.toEqual([]);
	const unlinked = templates.filter(
		(file) => !read(page).includes(`](${relative(dirname(page), file)})`),
	);
	expect(unlinked).toEqual([]);
});

test("n8n's links to our documentation lead to pages and headings", () => {
	const links = files
		.filter((file) => /^(nodes|credentials)\/.*\.(ts|json)$/.test(file))
		.flatMap(
			(file) =>
				read(file).match(/(?<=github\.com\/\w+\/n8n-nodes-koeiq\/blob\/main\/)[\w./#-]+/g) ?? [],
		);
	expect(links.length).toBeGreaterThan(0);
	expect(links.filter((link) => !leadsSomewhere('README.md', link))).toEqual([]);
});

/** The settings of the inbox that a text names. */
const settingsIn = (text: string) => new Set(text.match(/\bINBOX_[\w,]*\w/g));
const SETTINGS = settingsIn(read('inbox/src/settings.ts'));

test("the inbox's README has every setting of the inbox, and no other", () => {
	const table = settingsIn(read('inbox/README.md').split('## Settings')[1] ?? '');
	expect([...SETTINGS].filter((name) => !table.has(name))).toEqual([]);
	expect([...table].filter((name) => !SETTINGS.has(name.replace(/_FILE$/, '')))).toEqual([]);
});

test('the Japanese pages name no setting that the inbox has not', () => {
	const named = settingsIn(JAPANESE.map(read).join());
	expect([...named].filter((name) => !SETTINGS.has(name))).toEqual([]);
});
