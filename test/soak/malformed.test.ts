import { execFileSync } from 'node:child_process';

import { startN8n, type StartedN8n } from '../../harness/n8n';
import { LAZY_ISOLATES } from '../../harness/n8n-settings';
import { activateWithSecrets, triggerWorkflow } from '../../harness/trigger';
import { disposedAfterAll } from '../support/disposed';
import { flood, ofAnyKind } from '../support/flood';
import { KINDS } from '../support/malformed';
import { N8N_TEST_VERSION } from '../support/version';

const SECRET = 'the-secret-that-koeiq-signs-with';
const REQUESTS = 20_000;

const started = disposedAfterAll();
let n8n: StartedN8n;

beforeAll(async () => {
	n8n = await started(startN8n({ version: N8N_TEST_VERSION, env: LAZY_ISOLATES }));
}, 600_000);

test(`of ${REQUESTS} malformed requests none gets in, every good event among them runs, and n8n does not grow`, async () => {
	const { client } = n8n;
	const secrets = { webhookSecret: SECRET };
	const { url, workflowId } = await activateWithSecrets(client, triggerWorkflow(), secrets);
	const memory: number[] = [];
	const { wrong, statuses, good } = await flood({
		...{ url, secret: SECRET, connections: 16 },
		requests: (target) => ofAnyKind(target, REQUESTS),
		onHundred: (sent) => {
			if (sent % (REQUESTS / 4) === 0) memory.push(residentMegabytes());
		},
	});
	memory.push(residentMegabytes());
	const table = [...statuses].map(
		([kind, of]) =>
			`${kind}: ${[...of].map(([status, count]) => `${count} × ${status || 'no answer'}`).join(', ')}`,
	);
	process.stderr.write(
		`Resident MB after each quarter: ${memory.join(', ')}\n${table.join('\n')}\n`,
	);

	expect(wrong).toEqual([]);
	expect(statuses.size).toBe(Object.keys(KINDS).length + 1);
	expect(good).toEqual(Array(REQUESTS / 100).fill(200));
	await client.waitForExecutions(workflowId, good.length);
	expect(await client.statuses(workflowId)).toEqual(good.map(() => 'success'));
	const [, , half = NaN, , end = NaN] = memory;
	expect(end).toBeLessThan(half * 1.25);
}, 600_000);

function residentMegabytes(): number {
	const command = ['-o', 'rss=', '-p', String(n8n.pid())];
	return Math.round(Number(execFileSync('ps', command, { encoding: 'utf8' })) / 1024);
}
