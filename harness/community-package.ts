import { existsSync } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { pack, unpack } from './pack';

interface Manifest {
	name: string;
	version: string;
	dependencies?: Record<string, string>;
}

/**
 * Puts a package into n8n's user folder as n8n's own installer leaves it: packed by npm, unpacked under
 * `.n8n/nodes/node_modules`, without dev or peer dependencies and without running a script.
 *
 * @param source the package's folder, built
 * @param n8nFolder n8n's `.n8n` folder
 */
export async function installCommunityPackage(source: string, n8nFolder: string): Promise<void> {
	const { name, version } = await readManifest(source);
	const nodes = join(n8nFolder, 'nodes');
	const target = join(nodes, 'node_modules', name);
	await rm(target, { recursive: true, force: true });
	await mkdir(nodes, { recursive: true });
	const tarball = await pack(source, nodes);
	await unpack(tarball, target);
	await rm(tarball);

	const { dependencies } = existsSync(join(nodes, 'package.json'))
		? await readManifest(nodes)
		: { dependencies: {} };
	await writeFile(
		join(nodes, 'package.json'),
		JSON.stringify({
			name: 'installed-nodes',
			private: true,
			dependencies: { ...dependencies, [name]: version },
		}),
	);
}

async function readManifest(folder: string): Promise<Manifest> {
	return JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as Manifest;
}
