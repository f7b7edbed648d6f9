import { setTimeout as sleep } from 'node:timers/promises';

import { underLoad } from '../../harness/load';

test('a load ends with what it was for, though that fails, and with the last of its answers', async () => {
	let [sent, answered] = [0, 0];
	const send = async () => {
		sent++;
		await sleep(200);
		answered++;
	};
	const load = underLoad(50, send, async () => {
		await sleep(300);
		throw new Error('It failed');
	});
	await expect(load).rejects.toThrow('It failed');
	const atItsEnd = sent;
	expect(atItsEnd).toBeGreaterThan(0);
	expect(answered).toBe(atItsEnd);
	await sleep(100);
	expect(sent).toBe(atItsEnd);
});
