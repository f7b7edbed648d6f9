import { setTimeout as sleep } from 'node:timers/promises';

import type { Execution } from '../../harness/execution';
import { deliver } from '../../harness/koeiq/sender';
import { sampleOf } from '../../harness/koeiq/samples';
import type { StartedN8n } from '../../harness/n8n';
import { poll } from '../../harness/wait';
import { DATABASES, startOn } from '../support/databases';
import { endedAfterAll } from '../support/opened';
import { startTemplate } from '../support/started';
import { template } from '../../harness/templates';
import { nodeOf as node } from '../../harness/workflow';

/* The room that n8n's data tables have, made small: what a user sees when it is used up, and that the clean-up prevents it. */

const SECRET = 'the-secret-of-the-room-tests';
const ROOM = 400_000;
const SUMMARY = 'A long call. '.repeat(200);

describe.each(DATABASES)('on %s', (database) => {
	const opened = endedAfterAll();
	let n8n: StartedN8n;

	beforeAll(async () => {
		n8n = await opened(
			startOn(database, {
				N8N_DATA_TABLES_MAX_SIZE_BYTES: String(ROOM),
				N8N_DATA_TABLES_SIZE_CHECK_CACHE_DURATION_MS: '0',
			}),
		);
	}, 600_000);

	test('the nightly clean-up keeps room, however many calls there are', async () => {
		const workflow = template('call-table');
		// Each second in place of each night, three seconds in place of 90 days.
		node(workflow, 'Every night').parameters.rule = {
			interval: [{ field: 'seconds', secondsInterval: 1 }],
		};
		for (const name of ['Delete old events', 'Delete old calls']) {
			const { conditions } = node(workflow, name).parameters.filters as {
				conditions: Array<{ keyValue: string }>;
			};
			for (const condition of conditions) {
				condition.keyValue = '={{ $now.minus({ seconds: 3 }).toISO() }}';
			}
		}
		const { url, workflowId } = await startTemplate(n8n.client, workflow, SECRET);
		await sleep(2_000);
		const runs = await fill(url, workflowId, 300);
		const failed = runs.filter(({ status }) => status !== 'success');
		process.stderr.write(`${JSON.stringify({ database, calls: 300, failed: failed.length })}\n`);
		expect(failed.map(({ error }) => error)).toEqual([]);
		await n8n.client.deactivate(workflowId);
	}, 300_000);

	test('without it, the run fails with a sentence that says why', async () => {
		const { url, workflowId } = await startTemplate(n8n.client, template('call-table'), SECRET);
		const runs = await fill(url, workflowId, 300);
		const failed = runs.filter(({ status }) => status === 'error');
		const figures = { database, 'calls until it was full': runs.length - failed.length };
		process.stderr.write(`${JSON.stringify({ ...figures, error: failed[0]?.error })}\n`);
		expect(failed.length).toBeGreaterThan(0);
		for (const { error } of failed) expect(error).toMatch(/^Data table size limit exceeded: /);
	}, 300_000);

	/** One call after the other, until a run fails: its executions. */
	async function fill(url: string, workflowId: string, calls: number): Promise<Execution[]> {
		for (let call = 1; call <= calls; call++) {
			const sample = sampleOf('analytics.completed');
			Object.assign(sample.data, { voicelog_id: `vl_${Date.now()}_${call}`, summary: SUMMARY });
			expect((await deliver(url, SECRET, JSON.stringify(sample))).status).toBe(200);
			if (call % 20 > 0) continue;
			await poll('the runs to end', 60_000, async () => {
				const statuses = await n8n.client.statuses(workflowId);
				return !statuses.some((status) => ['new', 'running'].includes(status));
			});
			if ((await n8n.client.statuses(workflowId)).includes('error')) break;
		}
		const runs = await n8n.client.executions(workflowId);
		return runs.filter(({ mode }) => mode === 'webhook');
	}
});
