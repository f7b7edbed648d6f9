import { existsSync } from 'node:fs';
import { mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';

import { CACHE_FOLDER } from '../harness/cache';
import { environment, run } from '../harness/command';
import { installNode } from '../harness/install';
import { toStandardError as report } from '../harness/report';

/** Works with the ESLint of this project, and applies the same rules as @n8n/scan-community-package. */
const VERSION = '0.48.3';
const MANIFEST = JSON.stringify({
	private: true,
	dependencies: { '@n8n/node-cli': VERSION },
	// An SDK for AI nodes, of 330 MB with all it brings, which linting does not use.
	pnpm: { overrides: { '@n8n/ai-node-sdk': '-' } },
});
const SETTINGS = 'node-linker=hoisted\nauto-install-peers=false\nignore-scripts=true\n';

/** Here its peers are found, and `npm ci` removes it along with them. */
const FOLDER = resolve(__dirname, '../node_modules/.n8n-node-cli');
const LINK = resolve(__dirname, '../node_modules/@n8n/node-cli');

/** Installs n8n's command for authors of nodes where `eslint.config.mjs` finds it, less its largest dependency. */
export async function installNodeCli(): Promise<void> {
	const manifest = join(FOLDER, 'package.json');
	if (existsSync(LINK) && (await readFile(manifest, 'utf8').catch(() => '')) === MANIFEST) return;
	report(`Installing @n8n/node-cli ${VERSION}, which has n8n's own lint (80 MB) …`);
	const { folder: tools, node } = await installNode(report);
	await rm(LINK, { recursive: true, force: true });
	await mkdir(FOLDER, { recursive: true });
	await writeFile(manifest, MANIFEST);
	await writeFile(join(FOLDER, '.npmrc'), SETTINGS);
	const pnpm = join(tools, 'node_modules/pnpm/bin/pnpm.cjs');
	const env = environment({ npm_config_store_dir: join(CACHE_FOLDER, 'pnpm-store') });
	await run("install n8n's own lint", [node, pnpm, 'install'], { cwd: FOLDER, env });
	await symlink(join(FOLDER, 'node_modules/@n8n/node-cli'), LINK, 'junction');
}
