const transform = { '^.+\\.ts$': 'ts-jest' };

const project = (name, settings = {}) => ({
	displayName: name,
	testMatch: [`<rootDir>/test/${name}/**/*.test.ts`],
	testEnvironment: 'node',
	transform,
	modulePathIgnorePatterns: ['<rootDir>/dist/', '<rootDir>/mutation/.tmp/'],
	...settings,
});

/* One n8n for all files of a project: it is started before the first and stopped after the last. */
const onOneN8n = {
	globalSetup: '<rootDir>/test/e2e/support/start.ts',
	globalTeardown: '<rootDir>/test/e2e/support/stop.ts',
};

module.exports = {
	projects: [
		project('unit'),
		project('integration', {
			setupFilesAfterEnv: ['<rootDir>/test/integration/support/user-folder.ts'],
		}),
		project('e2e', onOneN8n),
		project('browser', onOneN8n),
		project('queue'),
		project('stress'),
	],
	testTimeout: 60_000,
};
