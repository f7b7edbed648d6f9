const transform = { '^.+\\.ts$': 'ts-jest' };

const project = (name, settings = {}) => ({
	displayName: name,
	testMatch: [`<rootDir>/test/${name}/**/*.test.ts`],
	testEnvironment: 'node',
	transform,
	...settings,
});

module.exports = {
	projects: [
		project('unit'),
		project('integration', {
			setupFilesAfterEnv: ['<rootDir>/test/integration/support/user-folder.ts'],
		}),
		// One n8n for all files: it is started before the first and stopped after the last.
		project('e2e', {
			globalSetup: '<rootDir>/test/e2e/support/start.ts',
			globalTeardown: '<rootDir>/test/e2e/support/stop.ts',
		}),
	],
	testTimeout: 60_000,
};
