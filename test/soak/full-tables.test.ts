import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';

import type { Execution } from '../../harness/execution';
import { sampleOf } from '../../harness/koeiq/samples';
import { deliver } from '../../harness/koeiq/sender';
import { startN8n, type StartedN8n } from '../../harness/n8n';
import { HarnessError } from '../../harness/report';
import { databaseSettings, startPostgres, type Postgres } from '../../harness/services';
import { template } from '../../harness/templates';
import { event } from '../support/event';
import { runNight, timeBetween } from '../e2e/support/nightly';
import { disposedAfterAll } from '../support/disposed';
import { startTemplate } from '../support/started';
import { describeWithDataTables, N8N_TEST_VERSION } from '../support/version';

/* n8n's data tables with room for 1 MB in place of 200: what a user sees when they are full, and what keeps them from it. */

const SECRET = 'the-secret-of-the-table-tests';
const ROOM = 1_000_000;
/** Characters of a row that no database makes smaller. */
const ROW = 8_000;
const FULL = 'Data table size limit exceeded';

describeWithDataTables('data tables', () => {
	describe.each(['SQLite', 'PostgreSQL'])('on %s', (database) => {
		const disposed = disposedAfterAll();
		let postgres: Postgres | undefined;
		let n8n: StartedN8n;
		let calls: Started;
		let once: Started;

		beforeAll(async () => {
			postgres = database === 'PostgreSQL' ? await disposed(startPostgres()) : undefined;
			const settings = postgres === undefined ? {} : databaseSettings(postgres);
			const env = {
				...settings,
				N8N_DATA_TABLES_MAX_SIZE_BYTES: String(ROOM),
				// n8n would not see for 5 seconds that PostgreSQL has made room.
				N8N_DATA_TABLES_SIZE_CHECK_CACHE_DURATION_MS: '0',
			};
			n8n = await disposed(startN8n({ version: N8N_TEST_VERSION, env }));
			const started = async (name: string) => {
				const made = await startTemplate(n8n.client, template(name), SECRET);
				const [first] = await n8n.client.executions(made.workflowId);
				return { ...made, newest: first?.id ?? '0' };
			};
			calls = await started('call-table');
			once = await started('exactly-once');
		}, 600_000);

		test('full, they fail every run that writes to one, and the event is still in the run', async () => {
			await fill(60);
			const before = await timeBetween();
			await fill();
			let failed = '';
			for (const started of [once, calls]) {
				const { status, execution } = await send(started, 'vl_full');
				failed = execution.id;
				const { error } = execution;
				process.stderr.write(
					`${database}, full: answered ${status}, ${execution.status}: ${error ?? ''}\n`,
				);
				expect([status, execution.status]).toEqual([200, 'error']);
				expect(error).toMatch(`${FULL}: 1MB used, limit is 1MB`);
				expect(execution.mentions('vl_full')).toBe(true);
			}
			const log = (await readFile(n8n.logFile, 'utf8')).split('\n');
			process.stderr.write(`n8n's log: ${log.find((line) => line.includes(FULL)) ?? 'nothing'}\n`);

			await runNight(n8n.client, 'call-table', before);
			// PostgreSQL uses the room of deleted rows for new ones, but keeps it.
			if (postgres !== undefined) {
				await postgres.query('vacuum');
				expect((await send(calls, 'vl_still_full')).execution.error).toMatch(FULL);
				await postgres.query('vacuum full');
			}
			const { execution: again } = await send(calls, 'vl_room_again');
			expect([again.status, again.error]).toEqual(['success', undefined]);
			expect(await callIds()).toEqual(['vl_room_again']);
			await n8n.client.retry(failed);
			await ended(calls);
			expect((await callIds()).sort()).toEqual(['vl_full', 'vl_room_again']);
		}, 300_000);

		test('cleaned up every night, they never fill', async () => {
			await runNight(n8n.client, 'call-table', await timeBetween());
			await postgres?.query('vacuum full');
			const statuses: string[] = [];
			let rows = 0;
			while (rows * ROW < 3 * ROOM) {
				const night = await timeBetween();
				rows += await fill(30);
				statuses.push((await send(calls, `vl_night_${statuses.length}`)).execution.status);
				await runNight(n8n.client, 'call-table', night);
				// As PostgreSQL does by itself, some minutes later.
				await postgres?.query('vacuum');
			}
			process.stderr.write(`${database}: ${rows} rows in ${statuses.length} nights\n`);
			expect(statuses).toEqual(statuses.map(() => 'success'));
		}, 300_000);

		interface Started {
			url: string;
			workflowId: string;
			newest: string;
		}

		async function send(
			started: Started,
			voicelog_id: string,
		): Promise<{ status: number; execution: Execution }> {
			const payload = event(JSON.stringify(sampleOf('analytics.completed')), { voicelog_id });
			const { status } = await deliver(started.url, SECRET, payload);
			return { status, execution: await ended(started) };
		}

		/** The next run of a workflow, once it has ended. */
		async function ended(started: Started): Promise<Execution> {
			const { workflowId, newest } = started;
			const [execution] = await n8n.client.waitForExecutions(workflowId, 1, newest);
			if (execution === undefined) throw new Error('There is no run.');
			started.newest = execution.id;
			return execution;
		}

		async function callIds(): Promise<unknown[]> {
			return (await n8n.client.tableRows('KoeIQ calls')).map(({ voicelog_id }) => voicelog_id);
		}

		/** Adds so many events; or as many as there is room for. */
		async function fill(most = Infinity): Promise<number> {
			for (let added = 0; added < most; added++) {
				const summary = randomBytes(ROW / 2).toString('hex');
				try {
					await n8n.client.addTableRow('KoeIQ events', { summary });
				} catch (error) {
					if (error instanceof HarnessError && most === Infinity && error.message.includes(FULL))
						return added;
					throw error;
				}
			}
			return most;
		}
	});
});
