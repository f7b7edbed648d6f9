import { randomUUID } from 'node:crypto';
import { parseArgs } from 'node:util';

import { OWNER, type N8nClient } from '../harness/client';
import { AsyncDisposableStack } from '../harness/disposal';
import type { Execution } from '../harness/execution';
import { activateForm, submitForm } from '../harness/form';
import { startIngest, type StartedIngest } from '../harness/koeiq/ingest';
import { WAV } from '../harness/koeiq/recording';
import { SAMPLES } from '../harness/koeiq/samples';
import { deliver, TEST_PING } from '../harness/koeiq/sender';
import { startN8n } from '../harness/n8n';
import { startQueue } from '../harness/queue';
import { toStandardError } from '../harness/report';
import { template } from '../harness/templates';
import { activateTrigger, CREDENTIAL, LABELS } from '../harness/trigger';
import { nodeOf } from '../harness/workflow';
import { labelOf } from '../nodes/KoeIq/trigger/words';
import { printTable, runCommand, toPort, whenToldToEnd } from './command';

/*
 * The main job, on a real n8n: five requests as KoeIQ would send them, what n8n answered to each, and which branch of
 * the workflow it went down. Then the whole loop: a recording goes up, and its events come back.
 */

/** The node of the template that sorts the events: an output for each kind, in the order of the labels. */
const SWITCH = 'Which Event';

const SECRET = 'demo-secret-of-this-n8n-only';
const API_KEY = 'koeiq_live_of-the-demo';
const NOWHERE = 'nowhere: no execution';

/** Every event's sample and a ping, each down its own branch; and a forgery, turned away. */
const DELIVERIES = [
	...Object.values(SAMPLES).map((event) => ({
		...{ name: event.event, event, secret: SECRET },
		expected: ['200', labelOf(event.event)],
	})),
	{ name: 'test ping', event: TEST_PING, secret: SECRET, expected: ['200', labelOf('other')] },
	{
		...{ name: 'forgery', event: TEST_PING, secret: 'a secret that KoeIQ does not have' },
		expected: ['401 {"error":"Invalid signature"}', NOWHERE],
	},
];

runCommand('npm start -- [--once] [--port N]', async () => {
	const { values } = parseArgs({
		options: { once: { type: 'boolean' }, port: { type: 'string' }, queue: { type: 'boolean' } },
	});
	const setEnd = whenToldToEnd(() => process.exit(130));
	await using running = new AsyncDisposableStack();
	const n8n = running.use(
		values.queue
			? await startQueue({ webhookProcessors: 2 })
			: await startN8n({ port: toPort(values.port) }),
	);
	const { client } = n8n;
	const secrets = { webhookSecret: SECRET };
	const credentialId = await client.createCredential(CREDENTIAL, secrets, 'KoeIQ of the demo');
	const workflow = template('one-branch-per-event');
	const { url, workflowId } = await activateTrigger(client, workflow, credentialId);

	const wrong: string[] = [];
	let newest: string | undefined;
	const next = async (count: number): Promise<Execution[]> => {
		const executions = await client.waitForExecutions(workflowId, count, newest);
		newest = executions.at(-1)?.id ?? newest;
		return executions;
	};
	const print = (name: string, came: string[], expected: string[]) => {
		const isRight = came.join() === expected.join();
		if (!isRight) wrong.push(name);
		const [answer = '', ...outputs] = came;
		const mark = isRight ? '✔' : '✘';
		console.log(`${mark} ${name}`.padEnd(29) + answer.padEnd(38) + outputs.join(', '));
		if (!isRight) console.log(`    That should have been ${expected.join(', ')}.`);
	};

	console.log('\nSent to the KoeIQ Trigger    n8n answered                          Came out of');
	for (const { name, event, secret, expected } of DELIVERIES) {
		const { status, body } = await deliver(url, secret, JSON.stringify(event));
		const [execution] = await next(status === 200 ? 1 : 0);
		const [output, item] = outputOf(execution);
		print(name, [`${status} ${body}`.trim(), output], expected);
		if (item !== '') console.log(`    ${item}`);
	}

	// In queue mode a worker would need the file that the main process got.
	let formUrl: string | undefined;
	if (!values.queue) {
		const koeIq = running.use(
			await startIngest({ apiKey: API_KEY, webhook: { url, secret: SECRET } }),
		);
		formUrl = await activateUpload(client, koeIq);
		await submitForm(formUrl, [WAV, 'CALL-DEMO-1', 'OP001']);
		const events = Object.values(SAMPLES);
		const outputs = (await next(events.length)).map((execution) => outputOf(execution)[0]);
		console.log(
			'\nUploaded by the KoeIQ node   KoeIQ (a stand-in) answered           Its events came out of',
		);
		const queued = `queued as ${koeIq.uploads[0]?.voicelog_id}`;
		print(WAV.name, [queued, ...outputs], [queued, ...events.map(({ event }) => labelOf(event))]);
	}

	if (values.once) {
		process.exitCode = wrong.length === 0 ? 0 : 1;
		return;
	}
	console.log();
	printTable({
		'The editor': `${n8n.url}/workflow/${workflowId}`,
		'Sign in with': `${OWNER.email}, password ${OWNER.password}`,
		'Webhook URL': url,
		Secret: SECRET,
		'Upload form': formUrl,
		"n8n's log": 'main' in n8n ? n8n.main.logFile : n8n.logFile,
	});
	console.log('\nCtrl-C stops n8n; everything in it goes with it.');
	await new Promise<void>((resolve) => {
		setEnd(resolve);
	});
	toStandardError('\nStopping n8n …');
});

/** The label of the Switch's output that held the item, and the item, shortened. */
function outputOf(execution: Execution | undefined): [output: string, item: string] {
	const outputs = execution?.outputs(SWITCH) ?? [];
	const index = outputs.findIndex((items) => items.length > 0);
	const [found] = outputs[index] ?? [];
	const item = found === undefined ? '' : JSON.stringify(found.json);
	return [LABELS[index] ?? NOWHERE, item.length > 150 ? `${item.slice(0, 149)}…` : item];
}

/** Switches on the template with a form that uploads a recording; returns the form's URL. */
async function activateUpload(client: N8nClient, koeIq: StartedIngest): Promise<string> {
	const workflow = template('recording-from-form');
	const credential = { apiKey: API_KEY, baseUrl: koeIq.url };
	const id = await client.createCredential('koeIqApi', credential);
	nodeOf(workflow, 'Upload to KoeIQ').credentials = { koeIqApi: { id, name: 'KoeIQ (stand-in)' } };
	nodeOf(workflow, 'Upload form').webhookId = randomUUID();
	const { url } = await activateForm(client, workflow);
	return url;
}
