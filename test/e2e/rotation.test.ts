import { stream } from '../support/stream';
import { n8nUnderTest, TriggerUnderTest } from './support/trigger';

/* The drill of the credential form, with events coming in all the while. */

const OLD = 'the-secret-before-the-rotation';
const NEW = 'the-secret-after-the-rotation';
const PER_SECOND = 20;

test('while the secret is changed, no authentic event is refused, and the old one ends when it is dropped', async () => {
	const n8n = await n8nUnderTest();
	const trigger = await TriggerUnderTest.start({ secrets: { webhookSecret: OLD } });
	const id = trigger.credentialId ?? '';
	let koeIqSignsWith = OLD;
	const events = stream(
		() => trigger.url,
		() => koeIqSignsWith,
		PER_SECOND,
	);
	const type = 'koeIqWebhookApi';

	await seconds(1);
	await n8n.updateCredential(id, type, { webhookSecret: NEW, previousWebhookSecret: OLD });
	await seconds(1);
	koeIqSignsWith = NEW;
	await seconds(1);
	await n8n.updateCredential(id, type, { webhookSecret: NEW, previousWebhookSecret: '' });
	await seconds(1);
	await events.end();

	expect(events.sent.length).toBeGreaterThan(3 * PER_SECOND);
	expect(events.sent.filter(({ status }) => status !== 200)).toEqual([]);
	expect((await trigger.send('{"event":"ping"}', { secret: OLD })).status).toBe(401);
	expect((await trigger.send('{"event":"ping"}', { secret: NEW })).status).toBe(200);

	const signedWith = (await n8n.everyExecution(trigger.workflowId)).map((execution) =>
		execution.mentions('"previous"') ? 'previous' : 'current',
	);
	expect(new Set(signedWith)).toEqual(new Set(['previous', 'current']));
});

async function seconds(count: number): Promise<void> {
	await new Promise((done) => setTimeout(done, count * 1000));
}
