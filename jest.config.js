const transform = { '^.+\\.ts$': 'ts-jest' };

const project = (name, settings = {}) => ({
	displayName: name,
	testMatch: [`<rootDir>/test/${name}/**/*.test.ts`],
	testEnvironment: 'node',
	transform,
	modulePathIgnorePatterns: ['<rootDir>/dist/', '<rootDir>/mutation/.tmp/'],
	...settings,
});

/* n8n brings zod: the core's tests once more, on the oldest and the newest that it may be. */
const onZod = (version) =>
	project(`zod-${version}`, {
		testMatch: ['<rootDir>/test/unit/{events,receive,properties}.test.ts'],
		moduleNameMapper: { '^zod$': `zod-${version}` },
	});

/* One n8n for all files of a project: it is started before the first and stopped after the last. */
const onOneN8n = {
	globalSetup: '<rootDir>/test/e2e/support/start.ts',
	globalTeardown: '<rootDir>/test/e2e/support/stop.ts',
};

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
		project('e2e', onOneN8n),
		project('browser', onOneN8n),
		project('inbox'),
		project('queue'),
		project('stress'),
	],
	testTimeout: 60_000,
};
