import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/* What the package promises by its package.json, and the lock files. n8n's scan looks at the rest: npm run scan. */

const PROJECT = join(__dirname, '../..');

interface Manifest {
	name?: string;
	version?: string;
	dependencies?: Record<string, string>;
	devDependencies?: Record<string, string>;
	peerDependencies?: Record<string, string>;
}

const read = (file: string): unknown => JSON.parse(readFileSync(join(PROJECT, file), 'utf8'));
const manifest = read('package.json') as Manifest & {
	files: string[];
	scripts: Record<string, string>;
	n8n: { nodes: string[]; credentials: string[] };
};

test('the package depends on nothing but what n8n has', () => {
	for (const field of ['dependencies', 'optionalDependencies', 'bundleDependencies']) {
		expect(manifest).not.toHaveProperty(field);
	}
	expect(manifest.peerDependencies).toEqual({ 'n8n-workflow': '*' });
});

test('the package holds what is built from the sources, and runs nothing when it is installed', () => {
	expect(manifest.files).toEqual(['dist']);
	for (const file of [...manifest.n8n.nodes, ...manifest.n8n.credentials]) {
		const source = file.replace(/^dist\/(.*)\.js$/, '$1.ts');
		expect([source, existsSync(join(PROJECT, source))]).toEqual([source, true]);
	}
	for (const script of ['preinstall', 'install', 'postinstall', 'prepare']) {
		expect(manifest.scripts).not.toHaveProperty(script);
	}
});

const FOLDERS = ['.', ...readdirSync(PROJECT)].filter((folder) =>
	existsSync(join(PROJECT, folder, 'package-lock.json')),
);

describe.each(FOLDERS)('the lock file in %s', (folder) => {
	const wanted = read(join(folder, 'package.json')) as Manifest;
	const { packages: all } = read(join(folder, 'package-lock.json')) as {
		packages: { '': Manifest } & Record<
			string,
			{ version?: string; resolved?: string; integrity?: string }
		>;
	};
	const { '': root, ...packages } = all;

	test('agrees with package.json, whose versions are exact', () => {
		const fields = ({ name, version, dependencies, devDependencies }: Manifest) => ({
			...{ name, version, dependencies, devDependencies },
		});
		expect(fields(root)).toEqual(fields(wanted));
		for (const [name, version] of Object.entries({
			...wanted.dependencies,
			...wanted.devDependencies,
		})) {
			// `npm:zod@3.22.4` is another name for a package.
			const exact = version.split('@').at(-1);
			expect([name, packages[`node_modules/${name}`]?.version]).toEqual([name, exact]);
		}
	});

	test('has the digest of every package, and the host of no registry', () => {
		const doubtful = Object.entries(packages).filter(
			([, { integrity = '', resolved }]) =>
				!integrity.startsWith('sha512-') || resolved !== undefined,
		);
		expect(doubtful).toEqual([]);
	});
});
