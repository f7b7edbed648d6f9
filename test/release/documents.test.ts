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

test("the inbox's README has every setting of the inbox, and no other", () => {
	const named = (text: string) => new Set(text.match(/\bINBOX_[\w,]*\w/g));
	const settings = named(read('inbox/src/settings.ts'));
	const table = named(read('inbox/README.md').split('## Settings')[1] ?? '');
	expect([...settings].filter((name) => !table.has(name))).toEqual([]);
	expect([...table].filter((name) => !settings.has(name.replace(/_FILE$/, '')))).toEqual([]);
});
