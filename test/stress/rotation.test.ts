import { setTimeout as sleep } from 'node:timers/promises';

import { sampleOf } from '../../harness/koeiq/samples';
import { deliver } from '../../harness/koeiq/sender';
import { startN8n, type StartedN8n } from '../../harness/n8n';
import { LAZY_ISOLATES } from '../../harness/n8n-settings';
import { activateWithSecrets, CREDENTIAL, triggerWorkflow } from '../../harness/trigger';
import { stream } from '../support/stream';
import { N8N_TEST_VERSION } from '../support/version';
import { endedAfterAll } from '../support/opened';

/* The drill of the credential form, with events coming in all the while. */

const OLD = 'the-secret-before-the-rotation';
const NEW = 'the-secret-after-the-rotation';
const PER_SECOND = 20;

let n8n: StartedN8n;

const opened = endedAfterAll();

beforeAll(async () => {
	n8n = await opened(startN8n({ version: N8N_TEST_VERSION, env: LAZY_ISOLATES }));
}, 600_000);

test('while the secret is changed, no authentic event is refused, and the old one ends when it is dropped', async () => {
	const { client } = n8n;
	const {
		url,
		workflowId,
		credentialId: id,
	} = await activateWithSecrets(client, triggerWorkflow(), { webhookSecret: OLD });
	const signedWith = (secret: string) =>
		stream(
			() => url,
			() => secret,
			PER_SECOND,
		);

	const before = signedWith(OLD);
	await sleep(2_000);
	await client.updateCredential(id, CREDENTIAL, { webhookSecret: NEW, previousWebhookSecret: OLD });
	await sleep(2_000);
	const after = signedWith(NEW);
	// Until what was signed with the old one has been answered.
	await before.end();
	await sleep(2_000);
	await client.updateCredential(id, CREDENTIAL, { webhookSecret: NEW, previousWebhookSecret: '' });
	await sleep(2_000);
	await after.end();
	const sent = [...before.sent, ...after.sent];
	const refused = sent.filter(({ status }) => status !== 200);
	process.stderr.write(`rotation: ${sent.length} sent, ${refused.length} not answered 200\n`);

	expect(sent.length).toBeGreaterThan(5 * PER_SECOND);
	expect(refused).toEqual([]);
	const payload = JSON.stringify(sampleOf('transcription.completed'));
	expect((await deliver(url, OLD, payload)).status).toBe(401);
	expect((await deliver(url, NEW, payload)).status).toBe(200);

	const ran = (await client.executions(workflowId)).map((execution) =>
		execution.mentions('"previous"') ? 'previous' : 'current',
	);
	expect(new Set(ran)).toEqual(new Set(['previous', 'current']));
}, 180_000);
