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
	/** Saves the form with this as the previous secret, while events come that are signed with `secret`. */
	const save = async (previousWebhookSecret: string, secret: string) =>
		await stream({ url, secret, perSecond: PER_SECOND }, async () => {
			await sleep(2_000);
			const secrets = { webhookSecret: NEW, previousWebhookSecret };
			await client.updateCredential(id, CREDENTIAL, secrets);
			await sleep(2_000);
		});

	// The last event that is signed with the old one has been answered before the first with the new one is sent.
	const sent = [...(await save(OLD, OLD)), ...(await save('', NEW))];
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
