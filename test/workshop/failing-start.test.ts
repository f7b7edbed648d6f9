import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

import { installPrerequisites } from '../../harness/prerequisites';

const PROJECT = join(__dirname, '../..');
const JEST = join(PROJECT, 'node_modules/jest/bin/jest.js');

/** From the failure to the end of the run, on top of the start of one n8n, which the browser comes after. */
const MOST_MILLISECONDS = 60_000;
const START_MILLISECONDS = 120_000;

/** Runs part of the tests as on a machine that lacks something. */
function run(command: string[], env: NodeJS.ProcessEnv, timeout: number) {
	const { status, signal, stdout, stderr } = spawnSync(process.execPath, command, {
		cwd: PROJECT,
		encoding: 'utf8',
		env: { ...process.env, ...env },
		timeout,
	});
	return { status, signal, output: stdout + stderr };
}

test('what is missing is said before the first test', async () => {
	process.env.CHROMIUM_PATH = '/no/such/browser';
	try {
		await expect(installPrerequisites({ programs: ['browser'] })).rejects.toThrow(
			'CHROMIUM_PATH is /no/such/browser, and there is no such file',
		);
	} finally {
		delete process.env.CHROMIUM_PATH;
	}
});

test.each([
	['a browser that is not there', 'browser', { CHROMIUM_PATH: '/no/such/browser' }],
	['a browser that ends at once', 'browser', { CHROMIUM_PATH: '/bin/false' }],
	// No user can make a folder in there; one that is merely missing, jest makes for its cache.
	['a cache folder that cannot be made', 'e2e', { XDG_CACHE_HOME: '/dev/null' }],
])(
	'a suite that cannot start for %s fails, and the run ends',
	(_, project, env) => {
		const { status, signal, output } = run(
			[JEST, '--selectProjects', project],
			env,
			MOST_MILLISECONDS + START_MILLISECONDS,
		);
		expect({ status, signal }).toEqual({ status: 1, signal: null });
		expect(output).not.toContain('did not exit');
	},
	MOST_MILLISECONDS + START_MILLISECONDS,
);
