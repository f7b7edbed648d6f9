const transform = { '^.+\\.ts$': 'ts-jest' };

/**
 * @param {string} name of the folder below test/ that holds its files
 * @param {import('jest').Config} [settings]
 */
const project = (name, settings = {}) => ({
	displayName: name,
	testMatch: [`<rootDir>/test/${name}/**/*.test.ts`],
	testEnvironment: 'node',
	transform,
	modulePathIgnorePatterns: ['<rootDir>/dist/', '<rootDir>/mutation/.tmp/'],
	...settings,
});

/**
 * n8n brings zod: the core's tests once more, on the oldest and the newest that it may be.
 *
 * @param {string} version
 */
const onZod = (version) =>
	project(`zod-${version}`, {
		testMatch: ['<rootDir>/test/unit/{events,conditions,judge,properties}.test.ts'],
		moduleNameMapper: { '^zod$': `zod-${version}` },
	});

/* One n8n for all files of a project: it is started before the first and stopped after the last. */
const onOneN8n = {
	globalSetup: '<rootDir>/test/e2e/support/start.ts',
	globalTeardown: '<rootDir>/test/e2e/support/stop.ts',
};

/** @type {import('jest').Config} */
module.exports = {
	projects: [
		project('unit'),
		project('harness'),
		project('release'),
		onZod('3.22'),
		onZod('4'),
		project('integration', {
			setupFilesAfterEnv: ['<rootDir>/test/integration/support/user-folder.ts'],
		}),
		project('e2e', { ...onOneN8n, testMatch: ['<rootDir>/test/e2e/*.test.ts'] }),
		project('templates', { ...onOneN8n, testMatch: ['<rootDir>/test/e2e/templates/*.test.ts'] }),
		// The walk from an empty n8n to the first event, and the trigger's panel: what `npm test` has of the browser.
		project('browser', { ...onOneN8n, testMatch: ['<rootDir>/test/browser/*.test.ts'] }),
		project('workshop'),
		project('inbox', { testMatch: ['<rootDir>/test/inbox/*.test.ts'] }),
		project('inbox-browser', { testMatch: ['<rootDir>/test/inbox/browser/*.test.ts'] }),
		project('inbox-faults', { testMatch: ['<rootDir>/test/inbox/faults/*.test.ts'] }),
		project('queue'),
		project('soak', { testMatch: ['<rootDir>/test/soak/*.test.ts'] }),
		project('soak-browser', {
			...onOneN8n,
			testMatch: ['<rootDir>/test/soak/browser/*.test.ts'],
		}),
		project('soak-queue', { testMatch: ['<rootDir>/test/soak/queue/*.test.ts'] }),
	],
	// Far longer than any test takes: a machine may be busy.
	testTimeout: 180_000,
};
