import { TEST_PING } from '../../harness/koeiq/sender';
import type { Secrets } from '../../harness/trigger';
import {
	ALERT,
	ANALYTICS,
	outputs,
	received,
	SECRET,
	TRANSCRIPTION,
	TriggerUnderTest,
	type TriggerOptions,
} from './support/trigger';

const PING = JSON.stringify(TEST_PING);
const STOP_AND_ERROR: TriggerOptions['next'] = {
	type: 'n8n-nodes-base.stopAndError',
	typeVersion: 1,
	parameters: { errorMessage: 'No.' },
};

test('sends everything out of one output, unless it is told otherwise', async () => {
	const trigger = await TriggerUnderTest.start();
	for (const payload of [TRANSCRIPTION, ANALYTICS, ALERT, PING]) {
		const { executions } = await trigger.receive(payload);
		const item = expect.objectContaining(JSON.parse(payload) as object) as unknown;
		expect(outputs(executions[0])).toEqual([[item]]);
		expect(received(executions[0])).toEqual({ Next: [item] });
	}
});

describe('responseMode lastNode', () => {
	test('answers 200 with an empty body when the workflow has succeeded', async () => {
		const trigger = await TriggerUnderTest.start({ parameters: { responseMode: 'lastNode' } });
		for (const payload of [TRANSCRIPTION, PING]) {
			const { status, body, executions } = await trigger.receive(payload);
			expect({ status, body }).toEqual({ status: 200, body: '' });
			expect(executions.map((execution) => execution.status)).toEqual(['success']);
		}
	});

	test('answers 500 when it has failed', async () => {
		const trigger = await TriggerUnderTest.start({
			parameters: { responseMode: 'lastNode' },
			next: STOP_AND_ERROR,
		});
		const { status, executions } = await trigger.receive(ALERT, { executions: 1 });
		expect(status).toBe(500);
		expect(executions.map((execution) => execution.status)).toEqual(['error']);
	});

	test('answers a refusal at once', async () => {
		const trigger = await TriggerUnderTest.start({ parameters: { responseMode: 'lastNode' } });
		expect(await trigger.receive(ALERT, { secret: 'forged' })).toMatchObject({
			status: 401,
			body: '{"error":"Invalid signature"}',
			executions: [],
		});
	});
});

test('responseMode onReceived: answers 200 whatever becomes of the workflow', async () => {
	const trigger = await TriggerUnderTest.start({ next: STOP_AND_ERROR });
	const { status, executions } = await trigger.receive(ALERT);
	expect(status).toBe(200);
	expect(executions.map((execution) => execution.status)).toEqual(['error']);
});

describe('options.simplify', () => {
	let trigger: TriggerUnderTest;
	beforeAll(async () => {
		trigger = await TriggerUnderTest.start({ parameters: { options: { simplify: true } } });
	});

	test('lifts the fields of data, and the envelope wins a clash', async () => {
		const sent = JSON.parse(ANALYTICS) as { data: object };
		const payload = JSON.stringify({
			...sent,
			attempt: 1,
			data: { ...sent.data, tenant_id: 'clash', delivery: 'clash' },
		});
		const { executions } = await trigger.receive(payload);
		expect(outputs(executions[0])[0]).toEqual([
			{
				...sent.data,
				event: 'analytics.completed',
				timestamp: '2026-03-17T09:01:30Z',
				tenant_id: 't_xxxx',
				attempt: 1,
				delivery: expect.objectContaining({ signed_with: 'current', issues: [] }) as unknown,
			},
		]);
	});

	test('leaves Other as it was sent', async () => {
		const { executions } = await trigger.receive(PING);
		expect(outputs(executions[0])[0]).toEqual([
			{ ...TEST_PING, delivery: expect.any(Object) as unknown },
		]);
	});
});

describe('a rotation of the secret', () => {
	const OLD = 'the-secret-of-last-year';
	let trigger: TriggerUnderTest;
	beforeAll(async () => {
		const secrets = { webhookSecret: SECRET, previousWebhookSecret: OLD };
		trigger = await TriggerUnderTest.start({ secrets });
	});

	test.each([
		['current', SECRET],
		['previous', OLD],
	])('takes what the %s secret has signed, and says so', async (name, secret) => {
		const { executions } = await trigger.receive(ALERT, { secret });
		expect(outputs(executions[0])[0]).toMatchObject([{ delivery: { signed_with: name } }]);
	});

	test('takes nothing else', async () => {
		const { status, executions } = await trigger.receive(ALERT, { secret: 'forged' });
		expect([status, executions.length]).toEqual([401, 0]);
	});

	test('refuses no authentic event while the new secret is saved, nor while the old one is dropped', async () => {
		const drill = await TriggerUnderTest.start({ secrets: { webhookSecret: OLD } });
		const statuses: number[] = [];
		/** Sends events one after the other, from before the credential is saved until after. */
		const save = async (secret: string, secrets: Secrets) => {
			const send = async () => statuses.push((await drill.send(ALERT, { secret })).status);
			await send();
			const form = { isSaved: false };
			const saving = drill.changeSecrets(secrets).finally(() => (form.isSaved = true));
			while (!form.isSaved) await send();
			await saving;
			await send();
		};
		await save(OLD, { webhookSecret: SECRET, previousWebhookSecret: OLD });
		await save(SECRET, { webhookSecret: SECRET, previousWebhookSecret: '' });
		expect(new Set(statuses)).toEqual(new Set([200]));
		expect((await drill.send(ALERT, { secret: OLD })).status).toBe(401);
	});

	test('refuses the old secret once the previous one is emptied', async () => {
		expect((await trigger.receive(ALERT, { secret: OLD })).executions).toHaveLength(1);
		await trigger.changeSecrets({ webhookSecret: SECRET, previousWebhookSecret: '' });
		for (const secret of [OLD, '']) {
			const { status, executions } = await trigger.receive(ALERT, { secret });
			expect([status, executions.length]).toEqual([401, 0]);
		}
	});
});
