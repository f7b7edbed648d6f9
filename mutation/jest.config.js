/*
 * The tests of the core alone, without types: a mutant that does not compile is to be killed by a test, or live.
 * Not properties.test.ts: its cases are drawn at random, and what they kill would differ from run to run.
 */
module.exports = {
	rootDir: '..',
	testMatch: [
		'<rootDir>/test/unit/{claim,conditions,events,judge,refusals,secret,signature,timestamp}.test.ts',
	],
	testEnvironment: 'node',
	transform: { '^.+\\.ts$': ['ts-jest', { diagnostics: false }] },
	testTimeout: 30_000,
};
