import { createServer } from 'node:net';

import { startN8n } from '../../harness/n8n';
import { freePort } from '../../harness/ports';
import { HarnessError } from '../../harness/report';

test('a port in use ends in a sentence that says what to do', async () => {
	const port = (await freePort()) ?? 0;
	const server = createServer().listen(port, '127.0.0.1');
	await new Promise((resolve) => server.once('listening', resolve));
	try {
		expect(await freePort(port)).toBeUndefined();
		const started = startN8n({ port, report: () => undefined });
		await expect(started).rejects.toThrow(HarnessError);
		await expect(started).rejects.toThrow(
			`Port ${port} cannot be used: another program has it. Stop that program, or choose another port: npm start -- --port 5690`,
		);
	} finally {
		await new Promise((resolve) => server.close(resolve));
	}
});
