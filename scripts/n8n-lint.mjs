/*
 * node scripts/n8n-lint.mjs [version]: lints what is shipped with n8n's own tool and its default configuration, which
 * `strict: true` in package.json claims to be ours. In a copy, so that the tool and its dependencies stay out of the project.
 */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { NPM } from '../harness/npm.cjs';
import { PROJECT, say } from './setup.mjs';

const TOOL = `@n8n/node-cli@${process.argv[2] ?? 'latest'}`;
/** As the tool itself writes it for a new package. */
const CONFIGURATION = `import { config } from '@n8n/node-cli/eslint';

export default config;
`;

const folder = mkdtempSync(join(tmpdir(), 'koeiq-n8n-lint-'));
try {
	for (const name of ['nodes', 'credentials', 'package.json', 'tsconfig.json']) {
		cpSync(join(PROJECT, name), join(folder, name), { recursive: true });
	}
	writeFileSync(join(folder, 'eslint.config.mjs'), CONFIGURATION);
	say(`Installing ${TOOL} …`);
	inFolder([NPM, 'install', '--ignore-scripts', '--no-save', '--prefix', folder, TOOL]);
	inFolder(['node_modules/@n8n/node-cli/bin/n8n-node.mjs', 'lint']);
} finally {
	rmSync(folder, { recursive: true, force: true });
}

/** @param {string[]} command for Node */
function inFolder(command) {
	const { status } = spawnSync(process.execPath, command, { cwd: folder, stdio: 'inherit' });
	if (status !== 0) process.exitCode = 1;
}
