import { NPM } from '../../harness/npm.cjs';
import { freePort } from '../../harness/ports';
import { isOk, poll } from '../../harness/wait';
import { startCommand } from './support/command';

test('SIGTERM to npm start ends npm, Node and n8n', async () => {
	const port = await freePort();
	const health = `http://127.0.0.1:${port}/healthz`;
	const start = [NPM, 'start', '--', '--port', String(port)];
	await using command = await startCommand(process.execPath, ...start);
	await command.prints(/Ctrl-C stops n8n/);
	expect(command.output()).toMatch(/n8n's log +\S+n8n\.log/);
	expect(await isOk(health)).toBe(true);
	await command.end();
	await poll('n8n to end', 30_000, async () => !(await isOk(health)));
}, 400_000);
