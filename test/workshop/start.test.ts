import { NPM } from '../../harness/npm.cjs';
import { freePort } from '../../harness/ports';
import { isOk, poll } from '../../harness/wait';
import { startCommand } from './support/command';
import { copyProject } from './support/copy';

const START_MILLISECONDS = 180_000;

test(
	'SIGTERM to npm start ends npm, Node and n8n',
	async () => {
		const port = await freePort();
		const start = [process.execPath, NPM, 'start', '--', '--port', String(port)];
		const { folder, remove } = copyProject();
		const command = startCommand(start, folder);
		try {
			await command.prints(/Ctrl-C stops n8n/, START_MILLISECONDS);
			expect(command.output()).toMatch(/n8n's log +\S+n8n\.log/);
			expect(await isOk(`http://127.0.0.1:${port}/healthz`)).toBe(true);
		} finally {
			await command.end();
			remove();
		}
		await poll('n8n to end', 30_000, async () => !(await isOk(`http://127.0.0.1:${port}/healthz`)));
	},
	START_MILLISECONDS,
);
