import { createServer, type LookupFunction } from 'node:net';

import { freePort } from '../../harness/ports';
import { findDeadEnd } from '../../inbox/src/delivery/dead-end';

/* What is certainly a wrong address, and what may be right. */

const pause = async () => {};

test.each([
	['ENOTFOUND', 'no such host'],
	['EAI_AGAIN', undefined],
])('a name for which the name server says %s is taken for: %s', async (code, reason) => {
	const resolve: LookupFunction = (_name, _options, done) => {
		done(Object.assign(new Error(code), { code }), '');
	};
	expect(await findDeadEnd('http://n8n:5678/', { pause, resolve })).toBe(reason);
});

test('a closed port is a dead end, unless it opens meanwhile', async () => {
	const port = await freePort();
	const url = `https://127.0.0.1:${port}/webhook/x/koeiq`;
	expect(await findDeadEnd(url, { pause })).toBe('connection refused');
	// It never says anything: who is slow may be right.
	const server = createServer();
	const open = async () => {
		await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
	};
	expect(await findDeadEnd(url, { pause: open })).toBeUndefined();
	server.close();
});
