import { environment, run } from '../../harness/command';

const cwd = process.cwd();
const saying = (words: string) => [
	process.execPath,
	'-e',
	`process.stderr.write(${JSON.stringify(words)}); process.exitCode = 1`,
];

test.each([
	[
		'no network',
		'npm error code ENOTFOUND',
		/^Could not install it\. The npm registry cannot be reached/,
	],
	[
		'no space',
		'ENOSPC: no space left on device, write',
		/^Could not install it\. There is no space left/,
	],
	['no compiler', 'gyp ERR! not found: make', /install python3, make and a C\+\+ compiler/],
	['anything else', 'a riddle', /Its last words:\na riddle/],
])('a command that fails for %s ends in a sentence that says so', async (_, words, message) => {
	await expect(run('install it', saying(words), { cwd })).rejects.toThrow(message);
});

test('a program that is not there is named', async () => {
	await expect(run('unpack it', ['no-such-program'], { cwd })).rejects.toThrow(
		/^Could not unpack it: .*no-such-program/,
	);
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
