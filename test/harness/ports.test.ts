import { createServer } from 'node:net';

import { startN8n } from '../../harness/n8n';
import { freePort, PortInUseError } from '../../harness/ports';

test('an n8n on a port in use is not started, and the error says which port it is', async () => {
	const port = await freePort();
	const server = createServer().listen(port, '127.0.0.1');
	await new Promise((resolve) => server.once('listening', resolve));
	try {
		const started = startN8n({ port, report: () => undefined });
		await expect(started).rejects.toThrow(PortInUseError);
		await expect(started).rejects.toThrow(`Port ${port} cannot be used: another program has it.`);
	} finally {
		await new Promise((resolve) => server.close(resolve));
	}
});
