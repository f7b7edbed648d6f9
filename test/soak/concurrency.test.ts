import { sampleOf } from '../../harness/koeiq/samples';
import { deliver } from '../../harness/koeiq/sender';
import { startN8n, type StartedN8n } from '../../harness/n8n';
import { LAZY_ISOLATES } from '../../harness/n8n-settings';
import { activateWithSecrets, triggerWorkflow, waiting } from '../../harness/trigger';
import { disposedAfterAll } from '../support/disposed';
import { N8N_TEST_VERSION } from '../support/version';

/* What KoeIQ gets from an n8n that runs one workflow at a time. Its cloud always has such a limit. */

const SECRET = 'the-secret-that-koeiq-signs-with';
const WORK_MILLISECONDS = 4_000;

let n8n: StartedN8n;

const started = disposedAfterAll();

beforeAll(async () => {
	const env = { ...LAZY_ISOLATES, N8N_CONCURRENCY_PRODUCTION_LIMIT: '1' };
	n8n = await started(startN8n({ version: N8N_TEST_VERSION, env }));
}, 600_000);

test('with a concurrency limit, Immediately answers 200 once the run has a free slot: nothing is refused, and the sender waits', async () => {
	const workflow = triggerWorkflow({ next: waiting(WORK_MILLISECONDS / 1000) });
	const { url, workflowId } = await activateWithSecrets(n8n.client, workflow, {
		webhookSecret: SECRET,
	});
	const began = performance.now();
	const seconds: number[] = [];
	const answers = await Promise.all(
		[1, 2, 3].map(async (number) => {
			const payload = JSON.stringify({ ...sampleOf('alert.triggered'), number });
			const answer = await deliver(url, SECRET, payload);
			seconds.push((performance.now() - began) / 1000);
			return answer;
		}),
	);
	process.stderr.write(
		`A limit of 1, a workflow of ${WORK_MILLISECONDS / 1000} s: answered after ${seconds.map((after) => after.toFixed(1)).join(', ')} s\n`,
	);
	expect(answers).toEqual(Array(3).fill({ status: 200, body: '' }));
	const [, second = NaN, third = NaN] = seconds.map((after) => after * 1000);
	// Each waits for the work of those before it.
	expect(second).toBeGreaterThan(WORK_MILLISECONDS * 0.9);
	expect(third).toBeGreaterThan(WORK_MILLISECONDS * 1.9);
	await n8n.client.waitForExecutions(workflowId, 3);
	expect(await n8n.client.statuses(workflowId)).toEqual(Array(3).fill('success'));
});
