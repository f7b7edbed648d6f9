import { readFile } from 'node:fs/promises';

import { sign } from '../../harness/koeiq/sender';
import { poll } from '../../harness/wait';
import { N8N_LOG } from './support/start';
import { ALERT, SECRET, TriggerUnderTest } from './support/trigger';

/* What the person who runs n8n finds in its log. */

const FORGED = 'forged-by-somebody-else';
const BODY = JSON.stringify({ event: 'ping', secret_of_the_caller: '090-1234-5678' });

let trigger: TriggerUnderTest;

beforeAll(async () => {
	trigger = await TriggerUnderTest.start();
});

/** The lines that name this file's workflow. */
async function lines(): Promise<string[]> {
	const log = await readFile(process.env[N8N_LOG] ?? '', 'utf8');
	return log
		.split('\n')
		.filter((line) => line.includes('refused') && line.includes(trigger.workflowId));
}

test('has one line for each reason, whatever the number of requests', async () => {
	for (let i = 0; i < 20; i++) {
		expect((await trigger.send(BODY, { secret: FORGED })).status).toBe(401);
		expect((await trigger.send(BODY, { signature: null })).status).toBe(401);
	}
	// n8n itself answers a body that is no JSON where its type says so.
	const headers = { 'content-type': 'text/plain' };
	expect((await trigger.send('no JSON', { headers })).status).toBe(400);

	await poll('three lines in the log', 10_000, async () => (await lines()).length >= 3);
	expect(await lines()).toEqual([
		// The start of the test has looked for the webhook without one.
		expect.stringContaining('it has no X-KoeIQ-Signature header'),
		expect.stringContaining('its signature fits neither secret'),
		expect.stringContaining('its body is not a JSON object'),
	]);
});

test('has nothing of an accepted event', async () => {
	const before = await lines();
	await trigger.receive(ALERT);
	expect(await lines()).toEqual(before);
});

test('has no secret, no digest and nothing of a body', async () => {
	const log = await readFile(process.env[N8N_LOG] ?? '', 'utf8');
	for (const secret of [
		SECRET,
		sign(SECRET, BODY).slice('sha256='.length),
		sign(FORGED, BODY).slice('sha256='.length),
		'090-1234-5678',
	]) {
		expect(log).not.toContain(secret);
	}
});
