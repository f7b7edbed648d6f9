import { rm } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';

import { startN8nPart } from '../../harness/n8n';
import { startQueue, type StartedQueue } from '../../harness/queue';
import { poll } from '../../harness/wait';
import { note } from '../support/figures';
import { endedAfterAll } from '../support/opened';
import { Receiver } from '../../harness/receiver';
import { startRecovery, TICK_SECONDS } from '../support/recovery';
import { startTemplate } from '../support/started';
import { stream } from '../support/stream';
import { setField, template } from '../../harness/templates';
import { nodeOf as node } from '../../harness/workflow';

/*
 * The templates "recover" and "exactly once" in queue mode: a worker is killed under load and its folder is gone, as when a
 * container is replaced. n8n leaves what it was doing as running, or new.
 */

const SECRET = 'the-secret-of-the-queue-tests';
const PER_SECOND = 5;

interface Effect {
	data: { voicelog_id: string };
}

const receiver = new Receiver();
const chat = new Receiver();
let queue: StartedQueue;

describe('queue mode', () => {
	const opened = endedAfterAll();

	beforeAll(async () => {
		await receiver.start();
		await chat.start();
		receiver.milliseconds = 1_000;
		queue = await opened(startQueue({ workers: 1 }));
	}, 300_000);

	afterAll(async () => {
		await receiver.stop();
		await chat.stop();
	});

	test('every event that was answered 200 has its effect, though a worker is gone with its folder', async () => {
		const { client, main } = queue;
		const workflow = template('exactly-once');
		setField(workflow, 'Settings', 'work_minutes', 0.2);
		setField(workflow, 'Settings', 'wait_seconds', 2);
		Object.assign(node(workflow, 'Do the work'), receiver.node());
		const { url, workflowId } = await startTemplate(client, workflow, SECRET);
		await startRecovery(client, chat.url, main.url, { stuckMinutes: 0.5 });

		const [worker] = queue.workers;
		const sent = await stream({ url, secret: SECRET, perSecond: PER_SECOND }, async () => {
			await sleep(6_000);
			await worker?.kill();
		});
		await rm(worker?.folder ?? '', { recursive: true, force: true });
		await opened(startN8nPart('worker', { env: queue.env }));

		const accepted = sent.filter(({ status }) => status === 200);
		const done = () => new Set(receiver.got.map((body) => (body as Effect).data.voicelog_id));
		const undone = () => accepted.filter(({ id }) => !done().has(id));
		const isAtRest = async () =>
			undone().length === 0 &&
			!(await client.isAnyUnfinished(workflowId)) &&
			(await client.tableRows('KoeIQ recovery')).every(({ state }) => state !== 'open');
		let restingSince: number | undefined;
		// A run whose work was done when its worker died is still to be stopped: its effect alone does not end this.
		await poll('every event to have its effect, and recover to have ended', 300_000, async () => {
			await sleep(1_000);
			restingSince = (await isAtRest()) ? (restingSince ?? Date.now()) : undefined;
			return restingSince !== undefined && Date.now() - restingSince > 2 * TICK_SECONDS * 1000;
		});
		const statuses = await client.statuses(workflowId);
		const count = (wanted: string) => statuses.filter((status) => status === wanted).length;
		const figures = {
			'answered 200': accepted.length,
			'with their effect': accepted.length - undone().length,
			'asked for twice': receiver.got.length - done().size,
			crashed: count('crashed'),
			'stopped by recover': count('canceled'),
			'under way at the end': count('running') + count('new'),
			told: chat.got.length,
		};
		note('recover', figures);
		expect(figures).toMatchObject({
			'with their effect': accepted.length,
			'under way at the end': 0,
			told: 0,
		});
		expect(figures.crashed + figures['stopped by recover']).toBeGreaterThan(0);
	}, 420_000);
});
