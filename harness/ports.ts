import { createServer, type AddressInfo } from 'node:net';

/** A port of 127.0.0.1 that was free just now; `0` asks for any. `undefined` where the one asked for is taken. */
export async function freePort(port = 0): Promise<number | undefined> {
	return await new Promise((resolve, reject) => {
		const server = createServer();
		server.once('error', (error: NodeJS.ErrnoException) => {
			if (error.code === 'EADDRINUSE' || error.code === 'EACCES') resolve(undefined);
			else reject(error);
		});
		server.listen(port, '127.0.0.1', () => {
			const { port: free } = server.address() as AddressInfo;
			server.close(() => {
				resolve(free);
			});
		});
	});
}
