import { existsSync } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';

import { environment, npm, run } from './command';

/**
 * Puts a package into n8n's user folder as n8n's own installer leaves it: packed by npm, unpacked under
 * `.n8n/nodes/node_modules`, without dev or peer dependencies and without running a script.
 *
 * @param source the package's folder, built
 * @param n8nFolder n8n's `.n8n` folder
 */
export async function installCommunityPackage(source: string, n8nFolder: string): Promise<void> {
	const { name, version } = JSON.parse(await readFile(join(source, 'package.json'), 'utf8')) as {
		name: string;
		version: string;
	};
	const nodes = join(n8nFolder, 'nodes');
	const target = join(nodes, 'node_modules', name);
	await rm(target, { recursive: true, force: true });
	await mkdir(target, { recursive: true });

	const purpose = `pack ${name}`;
	const packed = await run(
		purpose,
		npm('pack', source, '--ignore-scripts', '--silent', '--pack-destination', nodes),
		{ cwd: source, env: environment() },
	);
	const tarball = join(nodes, basename(packed.trim()));
	await run(`unpack ${name}`, ['tar', '-xzf', tarball, '-C', target, '--strip-components=1'], {
		cwd: nodes,
	});
	await rm(tarball);
	const manifest = join(nodes, 'package.json');
	const { dependencies } = existsSync(manifest)
		? (JSON.parse(await readFile(manifest, 'utf8')) as { dependencies: Record<string, string> })
		: { dependencies: {} };
	const installed = { ...dependencies, [name]: version };
	await writeFile(
		manifest,
		JSON.stringify({ name: 'installed-nodes', private: true, dependencies: installed }),
	);
}
