import { environment, run } from '../../harness/command';

const cwd = process.cwd();

test.each([
	[
		'a program that fails',
		[process.execPath, '-e', 'console.error("no space left"); process.exitCode = 1'],
		/^Could not install it: its last words:\nno space left$/,
	],
	['a program that is not there', ['no-such-program'], /^Could not install it: .*no-such-program/],
])('%s is named with what it was for', async (_, command, message) => {
	await expect(run('install it', command, { cwd })).rejects.toThrow(message);
});

test("keeps npm's way to the registry out of what it adds for this project's scripts", () => {
	const before = { ...process.env };
	try {
		process.env.npm_config_ignore_scripts = 'true';
		process.env.npm_config_registry = 'http://127.0.0.1:4873/';
		const env = environment({ ADDED: 'yes' });
		expect(env.npm_config_ignore_scripts).toBeUndefined();
		expect(env).toMatchObject({ npm_config_registry: 'http://127.0.0.1:4873/', ADDED: 'yes' });
	} finally {
		process.env = before;
	}
});
