import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
	appendFileSync,
	cpSync,
	mkdirSync,
	mkdtempSync,
	readFileSync,
	rmSync,
	symlinkSync,
	writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';

import { environment, npm, run } from '../../harness/command';

/* The package as a release makes it: built twice, and put before n8n's official scan. */

const PROJECT = join(__dirname, '../..');
const NOT_IN_A_CLONE = ['.git', 'dist', 'node_modules'];

interface Package {
	/** The folder that it was built in. */
	folder: string;
	files: unknown;
	sha256: string;
}

let top: string;
let packages: [Package, Package];

beforeAll(async () => {
	top = mkdtempSync(join(tmpdir(), 'koeiq-release-'));
	packages = await Promise.all([
		buildAndPack(join(top, 'one'), { umask: '022', env: { TZ: 'UTC', LC_ALL: 'C' } }),
		buildAndPack(join(top, 'deeper/and/other'), {
			umask: '002',
			env: { TZ: 'Asia/Tokyo', LC_ALL: 'ja_JP.UTF-8' },
		}),
	]);
}, 120_000);

afterAll(() => {
	rmSync(top, { recursive: true, force: true });
});

test('two builds of the same sources are packed into the same bytes', () => {
	const [one, other] = packages;
	expect(other.files).toEqual(one.files);
	expect(other.sha256).toBe(one.sha256);
});

describe("n8n's official scan", () => {
	const PACKAGE = 'n8n-nodes-koeiq-';

	test('passes the sources and the package', () => {
		const { verdicts, output } = scan(packages[0].folder);
		expect(output).toContain('@n8n/scan-community-package 0.32.0');
		expect(verdicts).toEqual({ sources: 'passed', package: 'passed' });
	});

	// Each shows that the scan looks, and where: one fault in what passes otherwise.
	test.each([
		{
			fault: 'a dependency',
			change: (folder: string) => {
				setInManifest(folder, { dependencies: { express: '5.1.0' } });
			},
			rule: 'no-runtime-dependencies',
			failed: ['sources', 'package'],
		},
		{
			fault: 'a script that runs when it is installed',
			change: (folder: string) => {
				setInManifest(folder, { scripts: { postinstall: 'node index.js' } });
			},
			rule: 'no-forbidden-lifecycle-scripts',
			failed: ['sources', 'package'],
		},
		{
			fault: 'a module that may not be used, in the sources',
			change: (folder: string) => {
				appendFileSync(join(folder, 'nodes/KoeIq/core/judge.ts'), "import 'node:fs';\n");
			},
			rule: 'no-restricted-imports',
			failed: ['sources'],
		},
		{
			fault: 'a global that may not be used, in what was built',
			change: (folder: string) => {
				appendFileSync(
					join(folder, 'dist/nodes/KoeIq/core/judge.js'),
					'setTimeout(() => {}, 1);\n',
				);
			},
			rule: 'no-restricted-globals',
			failed: ['package'],
		},
	])('fails $fault', ({ change, rule, failed }) => {
		const folder = join(top, rule);
		cpSync(packages[0].folder, folder, {
			recursive: true,
			filter: (path) => basename(path) !== 'node_modules',
		});
		change(folder);
		const { status, verdicts, output } = scan(folder);
		expect(status).toBe(1);
		expect(output).toContain(rule);
		const names = Object.entries(verdicts).filter(([, verdict]) => verdict !== 'passed');
		expect(names.map(([name]) => name)).toEqual(failed);
	});

	function scan(folder: string) {
		const { status, stdout, stderr } = spawnSync(
			process.execPath,
			[join(PROJECT, 'scripts/scan.mjs'), folder],
			{ encoding: 'utf8' },
		);
		const verdict = (name: string) =>
			new RegExp(`^${name}.*\\): (passed|failed)`, 'm').exec(stdout)?.[1] ?? stderr;
		return {
			status,
			output: stdout,
			verdicts: { sources: verdict('sources'), package: verdict(PACKAGE) },
		};
	}
});

/** Does with a copy of the sources what a release does with a clone. */
async function buildAndPack(
	folder: string,
	{ umask, env }: { umask: string; env: NodeJS.ProcessEnv },
): Promise<Package> {
	cpSync(PROJECT, folder, {
		recursive: true,
		filter: (path) => !NOT_IN_A_CLONE.includes(basename(path)),
	});
	symlinkSync(join(PROJECT, 'node_modules'), join(folder, 'node_modules'));
	const tarballs = `${folder}.tarballs`;
	mkdirSync(tarballs);

	const inClone = async (purpose: string, command: string[]) =>
		await run(purpose, ['sh', '-c', `umask ${umask} && exec "$@"`, 'sh', ...command], {
			cwd: folder,
			env: environment(env),
		});
	// git gives the files of a clone their modes by the umask too.
	await inClone('set the modes', ['chmod', '-R', umask === '002' ? 'g+w' : 'g-w', '.']);
	await inClone('build', npm('run', '--silent', 'build:package'));
	const [packed] = JSON.parse(
		await inClone(
			'pack',
			npm('pack', '--ignore-scripts', '--json', '--pack-destination', tarballs),
		),
	) as [{ filename: string; files: unknown }];
	const bytes = readFileSync(join(tarballs, packed.filename));
	return {
		folder,
		files: packed.files,
		sha256: createHash('sha256').update(bytes).digest('hex'),
	};
}

function setInManifest(folder: string, fields: Record<string, Record<string, string>>): void {
	const file = join(folder, 'package.json');
	const manifest = JSON.parse(readFileSync(file, 'utf8')) as object;
	writeFileSync(file, JSON.stringify({ ...manifest, ...fields }, null, '\t'));
}
