import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const PROGRAM = join(__dirname, '../../scripts/program.mjs');

let folder: string;

beforeEach(() => {
	folder = mkdtempSync(join(tmpdir(), 'koeiq-program-'));
});

afterEach(() => {
	rmSync(folder, { recursive: true });
});

/** Runs a program of this source as a part of the tests is run, with less patience. */
function run(source: string): { code: unknown; lines: string[] } {
	const results = JSON.stringify(join(folder, 'results.json'));
	const args = JSON.stringify(['-e', `const results = ${results};\n${source}`]);
	const caller = `
		import { runProgram } from ${JSON.stringify(PROGRAM)};
		const lines = [];
		const onLine = (line) => lines.push(line);
		const code = await runProgram(${args}, { onLine, results: ${results}, grace: 1000 });
		console.log(JSON.stringify({ code, lines }));`;
	const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', caller], {
		encoding: 'utf8',
		timeout: 30_000,
	});
	return JSON.parse(stdout || JSON.stringify({ code: stderr, lines: [] })) as ReturnType<
		typeof run
	>;
}

test('a program that ends has its own exit code, and its output is passed on', () => {
	expect(run('console.log("one"); console.error("two"); process.exitCode = 3')).toEqual({
		code: 3,
		lines: expect.arrayContaining(['one', 'two']) as string[],
	});
});

test('a program that has its results and does not end has failed', () => {
	expect(run('fs.writeFileSync(results, "{}"); setInterval(() => {}, 1000)')).toEqual({
		code: 1,
		lines: [
			'The results are there, but something is still open after 1 s. It has failed, and is ended.',
		],
	});
});

test('nobody waits for what a program leaves behind', () => {
	const left = 'child_process.spawn(process.execPath, ["-e", "setTimeout(() => {}, 20_000)"], ';
	expect(run(`${left} { stdio: 'inherit', detached: true }).unref()`)).toEqual({
		code: 0,
		lines: [],
	});
});
