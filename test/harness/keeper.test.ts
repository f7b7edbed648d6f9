import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { poll } from '../../harness/wait';

test('what is kept ends when its starter is gone, and its folder with it', async () => {
	const folder = mkdtempSync(join(tmpdir(), 'koeiq-keeper-'));
	const file = join(folder, 'own-pid');
	const program = `require('fs').writeFileSync(${JSON.stringify(file)}, String(process.pid)); setInterval(() => {}, 1000);`;
	const keeper = spawn(
		process.execPath,
		[join(__dirname, '../../harness/keeper.mjs'), folder, process.execPath, '-e', program],
		{ detached: true, stdio: ['pipe', 'ignore', 'inherit'] },
	);
	// The file is there before there is anything in it.
	const ownPid = () => (existsSync(file) ? Number(readFileSync(file, 'utf8')) : 0);
	await poll('the program to start', 10_000, async () => ownPid() > 0);
	const pid = ownPid();
	expect(isRunning(pid)).toBe(true);

	// As the kernel does with the pipes of a process that has been killed.
	keeper.stdin.destroy();
	await poll('the program to end', 10_000, async () => !isRunning(pid) && !existsSync(folder));
});

function isRunning(pid: number): boolean {
	try {
		return process.kill(pid, 0);
	} catch {
		return false;
	}
}
