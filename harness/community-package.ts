import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { pack, unpack } from './pack';

/**
 * Puts a package into n8n's new user folder as n8n's own installer leaves it: packed by npm, unpacked under
 * `.n8n/nodes/node_modules`, without dev or peer dependencies and without running a script.
 *
 * @param source the package's folder, built
 * @param n8nFolder n8n's `.n8n` folder
 */
export async function installCommunityPackage(source: string, n8nFolder: string): Promise<void> {
	const { name, version } = JSON.parse(
		await readFile(join(source, 'package.json'), 'utf8'),
	) as Record<'name' | 'version', string>;
	const nodes = join(n8nFolder, 'nodes');
	await mkdir(nodes, { recursive: true });
	const tarball = await pack(source, nodes);
	await unpack(tarball, join(nodes, 'node_modules', name));
	await rm(tarball);
	const manifest = { name: 'installed-nodes', private: true, dependencies: { [name]: version } };
	await writeFile(join(nodes, 'package.json'), JSON.stringify(manifest));
}
