import { readFile } from 'node:fs/promises';

import { sign } from '../../harness/koeiq/sender';
import { poll } from '../../harness/wait';
import { N8N_LOG } from './support/start';
import { triggerWorkflow } from '../../harness/trigger';
import { ALERT, ANALYTICS, SECRET, TriggerUnderTest } from './support/trigger';

/* What the person who runs n8n finds in its log. */

const FORGED = 'forged-by-somebody-else';
const BODY = JSON.stringify({ event: 'ping', secret_of_the_caller: '090-1234-5678' });

/** One that would make a line of its own, turn it about, or paint it, were it written as it is. */
const NAME = 'Alerts \u2028\u202e\u009b31m all is lost';
const ESCAPED = String.raw`"Alerts \u2028\u202e\u009b31m all is lost"`;

let trigger: TriggerUnderTest;

beforeAll(async () => {
	trigger = await TriggerUnderTest.of({ ...triggerWorkflow(), name: NAME });
});

/** The trigger's lines that name this file's workflow. */
async function lines(): Promise<string[]> {
	const log = await readFile(process.env[N8N_LOG] ?? '', 'utf8');
	const ours = `for workflow ${ESCAPED} (${trigger.workflowId})`;
	return log.split('\n').filter((line) => line.includes(ours));
}

test('has one line for each reason, whatever the number of requests', async () => {
	for (let i = 0; i < 5; i++) {
		expect((await trigger.send(BODY, { secret: FORGED })).status).toBe(401);
		expect((await trigger.send(BODY, { signature: null })).status).toBe(401);
	}
	// n8n itself answers a body that is no JSON where its type says so.
	const headers = { 'content-type': 'text/plain' };
	expect((await trigger.send('no JSON', { headers })).status).toBe(400);

	await poll('three lines in the log', 60_000, async () => (await lines()).length >= 3);
	expect(await lines()).toEqual([
		// The start of the test has looked for the webhook without one.
		expect.stringContaining('it has no X-KoeIQ-Signature header'),
		expect.stringContaining('its signature matches neither secret'),
		expect.stringContaining('its body is not a JSON object'),
	]);
});

test('says what is wrong with the stored secret, if something is', async () => {
	const short = await TriggerUnderTest.start({ secrets: { webhookSecret: 'short' } });
	expect((await short.send(ALERT)).status).toBe(401);
	await poll('a line in the log', 60_000, async () =>
		(await readFile(process.env[N8N_LOG] ?? '', 'utf8'))
			.split('\n')
			.some(
				(line) => line.includes(`(${short.workflowId})`) && line.includes('has only 5 characters'),
			),
	);
});

test('has nothing of an accepted event', async () => {
	const before = await lines();
	await trigger.receive(ALERT);
	expect(await lines()).toEqual(before);
});

test('has the fields of an event that differ, but no secret, no digest and nothing of a body', async () => {
	expect((await trigger.send(ANALYTICS.replace('82', '"090-1234-5678"'))).status).toBe(200);
	const differs = /got analytics\.completed for .*, which differs .* in: data\.quality_score$/;
	await poll('its line', 60_000, async () => differs.test((await lines()).at(-1) ?? ''));
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
