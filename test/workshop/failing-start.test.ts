import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

import { installPrograms } from '../../harness/system-programs';

const PROJECT = join(__dirname, '../..');
const JEST = 'node_modules/jest/bin/jest.js';

test('a program that is missing is named before the first test', async () => {
	process.env.CHROMIUM_PATH = '/no/such/browser';
	try {
		await expect(installPrograms(['browser'], () => {})).rejects.toThrow(
			'CHROMIUM_PATH is /no/such/browser, and there is no such file',
		);
	} finally {
		delete process.env.CHROMIUM_PATH;
	}
});

test('a suite whose n8n cannot start fails, and the run ends', () => {
	// No user can make a folder in there.
	const env = { ...process.env, XDG_CACHE_HOME: '/dev/null' };
	const { status, signal, stdout, stderr } = spawnSync(
		process.execPath,
		[JEST, '--selectProjects', 'e2e'],
		{ cwd: PROJECT, encoding: 'utf8', env, timeout: 50_000 },
	);
	expect({ status, signal }).toEqual({ status: 1, signal: null });
	expect(stdout + stderr).not.toContain('did not exit');
});
