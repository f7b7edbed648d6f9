const transform = { '^.+\\.ts$': 'ts-jest' };

/**
 * @param {string} name shown, and that of the folder below test/ where its files are
 * @param {import('jest').Config} [settings]
 */
const project = (name, settings = {}) => ({
	displayName: name,
	testMatch: [`<rootDir>/test/${name}/**/*.test.ts`],
	testEnvironment: 'node',
	transform,
	modulePathIgnorePatterns: ['<rootDir>/dist/', '<rootDir>/.dev/'],
	...settings,
});

/** @param {string} glob below test/ */
const files = (glob) => ({ testMatch: [`<rootDir>/test/${glob}.test.ts`] });

/**
 * n8n brings zod: the core's tests once more, on the oldest and the newest that it may be.
 *
 * @param {string} version
 */
const onZod = (version) =>
	project(`zod-${version}`, {
		...files('unit/{events,conditions,judge,properties}'),
		moduleNameMapper: { '^zod$': `zod-${version}` },
	});

/** One n8n for all files of a project: it is started before the first and stopped after the last. */
const onOneN8n = {
	globalSetup: '<rootDir>/test/e2e/support/start.ts',
	globalTeardown: '<rootDir>/test/e2e/support/stop.ts',
};

// The inbox's sources in process: on Node 24, and with its page's files as text, as its build has them.
/** @type {import('jest').Config} */
const inProcess = {
	transform: {
		'^.+\\.ts$': ['ts-jest', { tsconfig: '<rootDir>/test/inbox/tsconfig.json' }],
		'\\.(css|svg|client\\.js)$': '<rootDir>/test/support/as-text.js',
	},
	moduleNameMapper: { '(.*)\\?text$': '$1' },
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
		project('e2e', { ...onOneN8n, ...files('e2e/*') }),
		project('templates', { ...onOneN8n, ...files('e2e/templates/*') }),
		project('browser', { ...onOneN8n, ...files('browser/*') }),
		project('inbox', { ...inProcess, ...files('inbox/*') }),
		project('inbox-faults', { ...inProcess, ...files('inbox/faults/*') }),
		project('inbox-browser', { ...inProcess, ...files('inbox/browser/*') }),
		project('proxies'),
		project('queue'),
		project('workshop'),
		project('soak', files('soak/*')),
		project('soak-browser', { ...onOneN8n, ...files('soak/browser/*') }),
		project('soak-queue', files('soak/queue/*')),
		project('soak-inbox', { ...inProcess, ...files('soak/inbox/*') }),
	],
	// Far longer than any test takes: a machine may be busy.
	testTimeout: 180_000,
};
