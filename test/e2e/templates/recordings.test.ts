import { randomUUID } from 'node:crypto';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { activateForm, submitForm } from '../../../harness/form';
import { startIngest, type StartedIngest } from '../../../harness/koeiq/ingest';
import { WAV } from '../../../harness/koeiq/recording';
import { deliver } from '../../../harness/koeiq/sender';
import { StandIn } from '../../../harness/stand-in';
import { template } from '../../../harness/templates';
import { activateWithSecrets } from '../../../harness/trigger';
import { poll } from '../../../harness/wait';
import { nodeOf, type Workflow } from '../../../harness/workflow';
import { disposedAfterAll } from '../../support/disposed';
import { event } from '../../support/event';
import { describeWithDataTables, N8N_CAN } from '../../support/version';
import { N8N_FOLDER } from '../support/start';
import { ANALYTICS, n8nUnderTest, SECRET } from '../support/trigger';
import { API_KEY } from '../support/upload';

/*
 * The templates with the KoeIQ node as they are in their files, on the real n8n and before a stand-in of KoeIQ. What a
 * user sets in the editor is set here too: credentials, addresses, the folder.
 */

const UPLOAD = 'Upload to KoeIQ';

const started = disposedAfterAll();
let koeIq: StartedIngest;
let chat: StandIn;
let crm: StandIn;

beforeAll(async () => {
	koeIq = await started(startIngest({ apiKey: API_KEY }));
	chat = await started(StandIn.start());
	crm = await started(StandIn.start());
});

beforeEach(() => {
	koeIq.uploads.length = 0;
	koeIq.next.length = 0;
	chat.reset();
	crm.reset();
});

/** A template with the credential of the KoeIQ node, and the chat if it posts to one. */
async function prepared(name: string): Promise<Workflow> {
	const n8n = await n8nUnderTest();
	const workflow = template(name);
	const id = await n8n.createCredential('koeIqApi', { apiKey: API_KEY, baseUrl: koeIq.url });
	nodeOf(workflow, UPLOAD).credentials = { koeIqApi: { id, name: 'KoeIQ' } };
	for (const node of workflow.nodes) {
		// As the editor gives one on import.
		if (/trigger$|webhook$|form$/i.test(node.type)) node.webhookId = randomUUID();
		if (node.name === 'Post to chat') node.parameters.url = chat.url;
	}
	return workflow;
}

/** A workflow that runs if another fails. */
const ON_ERROR: Workflow = {
	name: 'On error',
	nodes: [
		{
			id: randomUUID(),
			name: 'A run failed',
			type: 'n8n-nodes-base.errorTrigger',
			typeVersion: 1,
			position: [0, 0],
			parameters: {},
		},
	],
	connections: {},
};

describe('a recording from a form', () => {
	let url: string;
	let workflowId: string;
	let errorWorkflowId: string;

	beforeAll(async () => {
		const n8n = await n8nUnderTest();
		errorWorkflowId = await n8n.createWorkflow(ON_ERROR);
		// n8n 1 runs it as it is, and refuses to activate what nothing starts.
		if (N8N_CAN.publishSubWorkflows) await n8n.activate(errorWorkflowId);
		const workflow = await prepared('recording-from-form');
		workflow.settings = { ...workflow.settings, errorWorkflow: errorWorkflowId };
		// In place of minutes. n8n looks once a minute.
		Object.assign(nodeOf(workflow, 'It failed').parameters, {
			resumeAmount: 30,
			resumeUnit: 'seconds',
		});
		({ url, workflowId } = await activateForm(n8n, workflow));
	});

	let newest = '0';
	/** The last page, and how the run ended. */
	const submit = async (callId: string, operatorId: string, tellsN8n = true) => {
		const page = await submitForm(url, [WAV, callId, operatorId], tellsN8n);
		const n8n = await n8nUnderTest();
		const [execution] = await n8n.waitForExecutions(workflowId, 1, newest);
		newest = execution?.id ?? newest;
		return { page, status: execution?.status, error: execution?.error };
	};

	test('shows the form', async () => {
		const page = await (await fetch(url)).text();
		for (const text of ['Upload a call recording', 'Recording', 'Call ID', 'Operator ID']) {
			expect(page).toContain(text);
		}
	});

	test('uploads it under its Call ID, and says what happens next', async () => {
		const { page, status } = await submit('CALL-FORM-1', 'OP001');
		expect(koeIq.uploads.map(({ fields, file }) => [fields, file.name])).toEqual([
			[{ call_id: 'CALL-FORM-1', operator_id: 'OP001' }, WAV.name],
		]);
		expect(page).toContain('KoeIQ has the recording');
		expect(page).toContain(koeIq.uploads[0]?.voicelog_id);
		expect(page).toContain('CALL-FORM-1');
		expect(status).toBe('success');
	});

	test.each([
		['as soon as the last page has said why', true],
		['also if the browser is closed before', false],
	])('an upload that fails is a failed run, %s, and runs the error workflow', async (_, tells) => {
		const n8n = await n8nUnderTest();
		const before = (await n8n.executions(errorWorkflowId)).length;
		koeIq.next.push({ status: 409, body: { detail: 'exists' } });
		const { page, status, error } = await submit('CALL-FORM-2', '', tells);
		const why = 'already has a call with the Call ID CALL-FORM-2';
		expect(page).toContain('The recording was not uploaded');
		expect(page).toContain('already has a call with this Call ID');
		expect(page).toContain('If you sent this recording before, there is nothing to do.');
		// What to set in n8n is for who runs n8n: the failed run says it, not the page.
		const toSet = 'If the Call ID Exists to Continue';
		expect(page).not.toContain(toSet);
		expect(status).toBe('error');
		expect(error).toMatch(new RegExp(`${why}.*${toSet}.*KoeIQ says: exists\\.$`));
		await n8n.waitForExecutions(errorWorkflowId, before + 1);
	});

	test.each([
		[401, 'trying again does not help. Keep the recording, and tell whoever runs n8n.'],
		[
			422,
			'refused the upload (422). Check the file and the Call ID, and upload the recording again.',
		],
		[503, 'KoeIQ could not take the recording. Keep it, and upload it again in a few minutes.'],
	])('after a %i, the last page says what the person at the form can do', async (code, says) => {
		koeIq.next.push({ status: code, body: {} });
		const { page, status } = await submit(`CALL-FORM-${code}`, '');
		expect(page).toContain(says);
		expect(status).toBe('error');
	});
});

describeWithDataTables('a folder of recordings', () => {
	// n8n 2 reads below this folder of its own.
	const folder = join(process.env[N8N_FOLDER] ?? '', '.n8n-files/recordings');
	let workflowId: string;

	beforeAll(async () => {
		const n8n = await n8nUnderTest();
		const workflow = await prepared('folder-of-recordings');
		nodeOf(workflow, 'Read the folder').parameters.fileSelector = `${folder}/*.wav`;
		// To see each run end; the template keeps failed runs only.
		workflow.settings = { ...workflow.settings, saveDataSuccessExecution: 'all' };
		workflowId = await n8n.createWorkflow(workflow);
		await run('Start here once');
		await mkdir(folder, { recursive: true });
	});

	afterAll(async () => {
		await rm(folder, { recursive: true });
	});

	let newest = '0';
	/** One run, and the Call IDs that went up in it. `why` it failed, if it has to. */
	async function run(trigger = 'Every five minutes', why?: RegExp): Promise<unknown[]> {
		const n8n = await n8nUnderTest();
		const before = koeIq.uploads.length;
		await n8n.runManually(workflowId, trigger);
		const [execution] = await n8n.waitForExecutions(workflowId, 1, newest);
		expect([execution?.status, execution?.error]).toEqual(
			why === undefined ? ['success', undefined] : ['error', expect.stringMatching(why)],
		);
		newest = execution?.id ?? newest;
		return koeIq.uploads.slice(before).map(({ fields }) => fields.call_id);
	}

	const runToFailure = async (why: RegExp) => await run('Every five minutes', why);

	const write = async (name: string, content = WAV.content) => {
		await writeFile(join(folder, name), content);
	};

	test('goes up once each, under its name, once it no longer grows', async () => {
		await write('2026-03-16 0930.wav');
		await write('通話.wav', WAV.content.slice(0, 100));
		expect(await run()).toEqual([]);
		await write('通話.wav', WAV.content);
		expect(await run()).toEqual(['2026-03-16 0930']);
		expect(await run()).toEqual(['通話']);
		expect(await run()).toEqual([]);
		expect(koeIq.uploads.map(({ file }) => file.size)).toEqual([
			WAV.content.length,
			WAV.content.length,
		]);
		expect(chat.accepted).toEqual([]);
	});

	test('a Call ID that KoeIQ has already counts as done', async () => {
		await write('known.wav');
		await run();
		koeIq.next.push({ status: 409, body: { detail: 'exists' } });
		expect(await run()).toEqual([]);
		expect(koeIq.next).toEqual([]);
		const requests = koeIq.requests;
		await run();
		expect(koeIq.requests).toBe(requests);
		expect(chat.accepted).toEqual([]);
	});

	test('all failures of a run are told in one message, fail the run, and are tried again', async () => {
		await write('a.wav');
		await write('b.wav');
		await write('c.wav');
		await run();
		const full = { status: 503, body: { detail: 'busy' } };
		koeIq.next.push(full, full);
		expect(await runToFailure(/^⚠️ 2 recording.*\na: .*503.*busy\.\nb: .*503.*busy\.$/)).toEqual([
			'c',
		]);
		expect(chat.accepted).toEqual([
			{
				text: expect.stringMatching(
					/^⚠️ 2 recording.*\na: .*503.*busy\.\nb: .*503.*busy\.$/,
				) as unknown,
			},
		]);
		expect(await run()).toEqual(['a', 'b']);
	});

	test('a chat that fails holds no upload up, and what fails again is told when it is back', async () => {
		await write('d.wav');
		await run();
		await write('e.wav');
		const full = { status: 503, body: { detail: 'busy' } };
		koeIq.next.push(full);
		chat.answer = () => ({ status: 500 });
		expect(await runToFailure(/\nd: .* The chat could not be told\.$/)).toEqual([]);
		expect(chat.accepted).toEqual([]);
		chat.answer = () => ({});
		koeIq.next.push(full);
		expect(await runToFailure(/\nd: .*busy\.$/)).toEqual(['e']);
		expect(chat.accepted).toEqual([{ text: expect.stringContaining('d: ') as unknown }]);
		expect(await run()).toEqual(['d']);
	});
});

describeWithDataTables('from recording to result', () => {
	let workflowId: string;
	let recordings: string;
	let trigger: string;

	beforeAll(async () => {
		const n8n = await n8nUnderTest();
		const workflow = await prepared('recording-to-result');
		nodeOf(workflow, 'Write it to your CRM').parameters.url =
			`=${crm.url}/{{ encodeURIComponent($json.call_id) }}`;
		const { url, workflowId: id } = await activateWithSecrets(n8n, workflow, {
			webhookSecret: SECRET,
		});
		workflowId = id;
		trigger = url;
		recordings = `${n8n.webhooks}/webhook/${nodeOf(workflow, 'Recording from your CRM').webhookId ?? ''}`;
		koeIq.webhook = { url, secret: SECRET };
		await n8n.runManually(workflowId, 'Start here once');
		await n8n.waitForExecutions(workflowId, 1);
	});

	const upload = async (recordId: string) => {
		const form = new FormData();
		form.set('record_id', recordId);
		form.set('file', new Blob([WAV.content], { type: WAV.type }), WAV.name);
		const response = await fetch(recordings, { method: 'POST', body: form });
		return { status: response.status, body: await response.json() };
	};

	const rowOf = async (callId: string) =>
		(await (await n8nUnderTest()).tableRows('KoeIQ results')).find((row) => row.call_id === callId);

	test('the id of the record goes up, and score and summary come back to its row and the CRM', async () => {
		const answer = await upload('CRM-1');
		const [sent] = koeIq.uploads;
		expect(answer).toEqual({
			status: 200,
			body: { voicelog_id: sent?.voicelog_id, status: 'queued' },
		});
		expect(sent?.fields).toEqual({ call_id: 'CRM-1' });
		await poll('the CRM to be told', 60_000, () => crm.accepted.length > 0);
		const summary = 'Customer called about invoice discrepancy...';
		expect(crm.accepted).toEqual([{ call_score: 82, call_summary: summary }]);
		expect(await rowOf('CRM-1')).toMatchObject({
			voicelog_id: sent?.voicelog_id,
			quality_score: 82,
			summary,
			told_at: null,
		});
	});

	test('a failed upload is told to the CRM at once, and is a failed run', async () => {
		koeIq.next.push({ status: 403, body: { detail: 'Trial limit reached' } });
		expect(await upload('CRM-2')).toEqual({
			status: 502,
			body: { error: expect.stringContaining('Trial limit reached') as unknown },
		});
		await poll('the failed run', 60_000, async () =>
			(await (await n8nUnderTest()).executions(workflowId)).some(
				({ status, error }) => status === 'error' && error?.includes('Trial limit reached'),
			),
		);
		// If it is not repeated, it is among what is missing after a day.
		expect(await rowOf('CRM-2')).toMatchObject({ analysed_at: null, told_at: null });
	});

	test('a result of other types comes back, without what the row has no place for', async () => {
		const n8n = await n8nUnderTest();
		const uploaded_at = new Date().toISOString();
		await n8n.addTableRow('KoeIQ results', { call_id: 'CRM-3', uploaded_at });
		const misfits = { quality_score: 'good', summary: ['a'], voicelog_id: 5 };
		const payload = event(ANALYTICS, { ...misfits, call_id: 'CRM-3' }, { timestamp: null });
		expect((await deliver(trigger, SECRET, payload)).status).toBe(200);
		await poll('the CRM to be told', 60_000, () => crm.accepted.length > 0);
		expect(crm.accepted).toEqual([{ call_score: null, call_summary: null }]);
		expect(await rowOf('CRM-3')).toMatchObject({
			voicelog_id: '5',
			quality_score: null,
			analysed_at: expect.stringMatching(/^20/) as unknown,
		});
	});

	test('what has not come back after a day is told once', async () => {
		const n8n = await n8nUnderTest();
		const executions = async () => (await n8n.executions(workflowId)).length;
		const run = async () => {
			const before = await executions();
			await n8n.runManually(workflowId, 'Every hour');
			await n8n.waitForExecutions(workflowId, before + 1);
		};
		await run();
		expect(chat.accepted).toEqual([]);
		const uploaded_at = new Date(Date.now() - 25 * 60 * 60 * 1000).toISOString();
		await n8n.addTableRow('KoeIQ results', { call_id: 'CRM-OLD', uploaded_at });
		await run();
		await run();
		expect(chat.accepted).toEqual([
			{ text: '⏳ No result from KoeIQ for a day: CRM-OLD. Look these calls up in KoeIQ.' },
		]);
		expect((await rowOf('CRM-OLD'))?.told_at).not.toBeNull();
	});
});
