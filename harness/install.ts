import { mkdir, writeFile } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';

import { cached, CACHE_FOLDER } from './cache';
import { environment, npm, run } from './command';
import { throttle, type Report } from './report';

/** n8n 2.x needs Node 24; it comes from npm, so that no other Node of the machine is touched. */
const NODE_VERSION = '24.21.0';
/** npm cannot install n8n in reasonable time; pnpm 10 can. */
const PNPM_VERSION = '10.34.9';

/** What pnpm may build, and what 1.x needs held back to install at all. */
const PNPM_SETTINGS = {
	onlyBuiltDependencies: ['sqlite3', 'isolated-vm'],
	overrides: { xlsx: '0.18.5', '@langchain/langgraph-checkpoint': '1.0.0' },
};

/** An installed n8n, and the Node that runs it. */
export interface Installation {
	version: string;
	/** The Node program. */
	node: string;
	/** The folder of the package `n8n`. */
	folder: string;
}

/** The Node that runs n8n, and pnpm that installs it. */
interface Tools {
	folder: string;
	/** The folder of the Node program. */
	bin: string;
	node: string;
}

/** Makes sure of n8n's Node in the cache; immediate if it is there. */
export async function installNode(report: Report): Promise<Tools> {
	const folder = await cached(
		`tools-node-${NODE_VERSION}-pnpm-${PNPM_VERSION}`,
		0.5,
		async (partial) => {
			report(`Installing Node ${NODE_VERSION} and pnpm ${PNPM_VERSION} for n8n (about 60 MB) …`);
			await writeFile(join(partial, 'package.json'), '{ "private": true }');
			await run(
				'install Node and pnpm for n8n',
				npm(
					'install',
					'--ignore-scripts',
					'--no-audit',
					'--no-fund',
					nodePackage(),
					`pnpm@${PNPM_VERSION}`,
				),
				{ cwd: partial, env: environment() },
			);
		},
		report,
	);
	const bin = join(folder, 'node_modules', nodeName(), 'bin');
	return { folder, bin, node: join(bin, process.platform === 'win32' ? 'node.exe' : 'node') };
}

/** Makes sure of n8n and its Node in the cache; immediate where they are there. */
export async function installN8n(version: string, report: Report): Promise<Installation> {
	const { folder: tools, bin, node } = await installNode(report);
	const host = await cached(
		`n8n-${version}-node-${NODE_VERSION}`,
		4,
		async (folder) => {
			report(`Installing n8n ${version} into ${CACHE_FOLDER} (once; 2 GB, 2 to 5 minutes) …`);
			await writeManifest(folder, version);
			await run(
				`install n8n ${version}`,
				[
					node,
					join(tools, 'node_modules/pnpm/bin/pnpm.cjs'),
					'install',
					'--reporter',
					'append-only',
				],
				{
					cwd: folder,
					env: environment({
						PATH: [bin, process.env.PATH].join(delimiter),
						npm_config_nodedir: dirname(bin),
						npm_config_store_dir: join(CACHE_FOLDER, 'pnpm-store'),
					}),
					onLine: throttle((line) => {
						report(`  ${describeProgress(line)}`);
					}, 10_000),
				},
			);
			report(`n8n ${version} is installed.`);
		},
		report,
	);
	return { version, node, folder: join(host, 'node_modules/n8n') };
}

/** pnpm counts packages, then shows every line of a compiler: of those, only what is being compiled. */
function describeProgress(line: string): string {
	const compiled = /^node_modules\/(?:.*node_modules\/)?(\S+) install:/.exec(line)?.[1];
	return compiled === undefined ? line.slice(0, 100) : `Compiling ${compiled} …`;
}

function nodeName(): string {
	const platform = process.platform === 'win32' ? 'win' : process.platform;
	return `node-${platform}-${process.arch}`;
}

function nodePackage(): string {
	return `${nodeName()}@${NODE_VERSION}`;
}

async function writeManifest(folder: string, version: string): Promise<void> {
	await mkdir(folder, { recursive: true });
	const { onlyBuiltDependencies, overrides } = PNPM_SETTINGS;
	await writeFile(
		join(folder, 'package.json'),
		JSON.stringify({
			private: true,
			dependencies: { n8n: version },
			pnpm: { onlyBuiltDependencies, overrides: version.startsWith('1.') ? overrides : {} },
		}),
	);
	await writeFile(
		join(folder, '.npmrc'),
		'node-linker=hoisted\nauto-install-peers=false\nstrict-peer-dependencies=false\n',
	);
}
