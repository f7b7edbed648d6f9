import { execFileSync } from 'node:child_process';

import { sampleOf } from '../../harness/koeiq/samples';
import { deliver } from '../../harness/koeiq/sender';
import { startN8n } from '../../harness/n8n';
import { LAZY_ISOLATES } from '../../harness/n8n-settings';
import { activateWithSecrets, triggerWorkflow } from '../../harness/trigger';
import { sendMalformed } from '../support/malformed';
import { N8N_TEST_VERSION } from '../support/version';

const SECRET = 'the-secret-that-koeiq-signs-with';
const GOOD = JSON.stringify(sampleOf('transcription.completed'));
/** One of each kind of malformed request and one good event each time: 20,000 in all. */
const TURNS = 900;

test('of 20,000 malformed requests none gets in, every good event among them runs, and n8n does not grow', async () => {
	await using n8n = await startN8n({ version: N8N_TEST_VERSION, env: LAZY_ISOLATES });
	const { client } = n8n;
	const secrets = { webhookSecret: SECRET };
	const { url, workflowId } = await activateWithSecrets(client, triggerWorkflow(), secrets);
	const statuses: number[] = [];
	const memory: number[] = [];
	const wrong = await sendMalformed(url, SECRET, TURNS, async (turn) => {
		if (turn % (TURNS / 4) === 0) memory.push(residentMegabytes(n8n.pid()));
		statuses.push((await deliver(url, SECRET, GOOD)).status);
	});
	memory.push(residentMegabytes(n8n.pid()));
	process.stderr.write(`Resident MB after each quarter: ${memory.join(', ')}\n`);

	expect(wrong).toEqual([]);
	expect(statuses).toEqual(Array(TURNS).fill(200));
	await client.waitForExecutions(workflowId, TURNS);
	expect(await client.statuses(workflowId)).toEqual(Array(TURNS).fill('success'));
	const [, , half = NaN, , end = NaN] = memory;
	expect(end).toBeLessThan(half * 1.25);
}, 3_000_000);

function residentMegabytes(pid: number): number {
	const command = ['-o', 'rss=', '-p', String(pid)];
	return Math.round(Number(execFileSync('ps', command, { encoding: 'utf8' })) / 1024);
}
