import { setTimeout as sleep } from 'node:timers/promises';

import { deliver } from '../../harness/koeiq/sender';
import { sampleOf } from '../../harness/koeiq/samples';
import { startN8n, type StartedN8n } from '../../harness/n8n';
import { LAZY_ISOLATES } from '../../harness/n8n-settings';
import { setField, template } from '../../harness/templates';
import { poll, waitForWebhook } from '../../harness/wait';
import { nodeOf } from '../../harness/workflow';
import { event } from '../support/event';
import { note } from '../support/figures';
import { endedAfterAll } from '../support/opened';
import { Receiver } from '../../harness/receiver';
import { startRecovery } from '../support/recovery';
import { startTemplate } from '../support/started';
import { stream, type Sent } from '../support/stream';
import { describeWithDataTables, N8N_TEST_VERSION } from '../support/version';

/*
 * The templates "recover" and "exactly once" on one n8n process with SQLite, which ends under load as in a power cut, again
 * and again. In queue mode: test/queue/recover.test.ts.
 */

const SECRET = 'the-secret-of-the-crash-tests';
const PER_SECOND = 5;
const KILLS = 3;
const MOST_AT_ONCE = 3;
/** What the template tries again, if it is told nothing else. */
const ATTEMPTS = 3;
/** Events whose work never succeeds. */
const HOPELESS = ['vl_hopeless_1', 'vl_hopeless_2'];
/** And one whose work fails once. */
const WAVERING = 'vl_wavering';

interface Work {
	data: { voicelog_id: string };
}

const idOf = (body: unknown) => (body as Work).data.voicelog_id;

describeWithDataTables('one n8n, killed in the middle of its runs', () => {
	const opened = endedAfterAll();
	const receiver = new Receiver();
	const chat = new Receiver();
	let n8n: StartedN8n;

	beforeAll(async () => {
		for (const one of [receiver, chat]) await opened(one.start().then(() => one));
		n8n = await opened(startN8n({ version: N8N_TEST_VERSION, env: LAZY_ISOLATES }));
	}, 600_000);

	test('every event that was answered 200 has a run that came to its end, or is told to the chat', async () => {
		const { client } = n8n;
		let refusals = 0;
		let wavered = 0;
		receiver.milliseconds = 1_000;
		receiver.fails = (body) => {
			const isHopeless = HOPELESS.includes(idOf(body));
			if (isHopeless) refusals++;
			return isHopeless || (idOf(body) === WAVERING && wavered++ === 0);
		};
		chat.fails = () => true;
		const workflow = template('exactly-once');
		setField(workflow, 'Settings', 'work_minutes', 0.2);
		setField(workflow, 'Settings', 'wait_seconds', 2);
		Object.assign(nodeOf(workflow, 'Do the work'), receiver.node());
		const { url, workflowId } = await startTemplate(client, workflow, SECRET);
		const recovery = await startRecovery(client, chat.url, n8n.url, {
			mostAtOnce: MOST_AT_ONCE,
			keepsRuns: true,
		});

		const sent: Sent[] = [];
		for (let kill = 0; kill < KILLS; kill++) {
			const load = await stream({ url, secret: SECRET, perSecond: PER_SECOND }, async () => {
				await sleep(6_000);
				await n8n.kill();
			});
			sent.push(...load);
			await n8n.restart();
			await waitForWebhook(url);
		}
		const send = async (voicelog_id: string) => {
			const payload = event(JSON.stringify(sampleOf('alert.triggered')), { voicelog_id });
			expect((await deliver(url, SECRET, payload)).status).toBe(200);
		};
		for (const voicelog_id of HOPELESS) await send(voicelog_id);

		const accepted = sent.filter(({ status }) => status === 200).map(({ id }) => id);
		const table = async () => await client.tableRows('KoeIQ recovery');
		const isAtRest = async () => {
			await sleep(2_000);
			const done = new Set(receiver.got.map(idOf));
			const open = (await table()).filter(({ state }) => state === 'open');
			return open.length === 0 && accepted.every((id) => done.has(id));
		};
		const givenUp = async () => (await table()).filter(({ state }) => state === 'given up').length;
		await poll('every event to be done or given up', 480_000, async () => {
			return (await isAtRest()) && (await givenUp()) === HOPELESS.length;
		});
		// The chat is down, and recovery goes on.
		await send(WAVERING);
		accepted.push(WAVERING);
		await poll('an event to be done while the chat is down', 60_000, isAtRest);
		expect(chat.got).toEqual([]);
		chat.fails = () => false;
		await poll('the chat to be told', 60_000, () => chat.got.length > 0);
		// Longer than two ticks: what comes now would be too much.
		await sleep(15_000);

		const runs = (await client.executions(workflowId)).filter(({ mode }) => mode !== 'manual');
		const successes = (id: string) =>
			runs.filter((run) => run.status === 'success' && run.mentions(`"${id}"`)).length;
		const rows = await table();
		const ticks = (await client.executions(recovery)).flatMap((tick) => {
			const due = tick.outputs('What is due')?.[0] ?? [];
			return due.filter(({ json: { action } }) => action === 'run' || action === 'stop').length;
		});
		const count = (state: string) => rows.filter((row) => row.state === state).length;
		const figures = {
			kills: KILLS,
			sent: sent.length,
			'answered 200': accepted.length,
			crashed: runs.filter(({ status }) => status === 'crashed').length,
			'run to their end': accepted.filter((id) => successes(id) > 0).length,
			'with their effect': new Set(receiver.got.map(idOf)).size,
			'asked for twice': receiver.got.length - new Set(receiver.got.map(idOf)).size,
			'most in a tick': Math.max(...ticks),
			done: count('done'),
			'given up and told': count('told'),
		};
		note('recover', figures);

		expect(figures.crashed).toBeGreaterThan(0);
		expect(figures['run to their end']).toBe(accepted.length);
		// A run that is cut off between its work and the end of it does it again.
		expect(figures['asked for twice']).toBeLessThanOrEqual(figures.crashed);
		expect(figures['most in a tick']).toBe(MOST_AT_ONCE);
		expect(Math.max(...rows.map(({ attempts }) => Number(attempts)))).toBe(ATTEMPTS);
		expect(rows.filter(({ state }) => state !== 'done' && state !== 'told')).toEqual([]);

		// Its own run, and the attempts.
		expect(refusals).toBe(HOPELESS.length * (1 + ATTEMPTS));
		const told = rows.filter(({ state }) => state === 'told');
		expect(told.map(({ attempts }) => attempts)).toEqual(HOPELESS.map(() => ATTEMPTS));
		const text = chat.got.map((body) => (body as { text: string }).text).join('\n');
		const links = text.match(/\/executions\/\d+/g)?.map((link) => link.split('/').at(-1));
		expect(links?.sort()).toEqual(told.map(({ run_id }) => run_id).sort());
	}, 900_000);
});
