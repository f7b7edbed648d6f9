import { parseArgs } from 'node:util';

import { OWNER, type N8nClient } from '../harness/client';
import { AsyncDisposableStack } from '../harness/disposal';
import type { Execution } from '../harness/execution';
import { SAMPLES } from '../harness/koeiq/samples';
import { deliver, sign, TEST_PING, type Answer } from '../harness/koeiq/sender';
import { startN8n } from '../harness/n8n';
import { PortInUseError } from '../harness/ports';
import { startQueue } from '../harness/queue';
import { HarnessError, toStandardError } from '../harness/report';
import { template } from '../harness/templates';
import { activateTrigger, CREDENTIAL, LABELS } from '../harness/trigger';
import { labelOf } from '../nodes/KoeIq/trigger/words';
import { whenToldToEnd } from './ending';
import { runLoop, type Loop } from './loop';

/*
 * The main job, on a real n8n: five requests as KoeIQ would send them, what n8n answered to each, and which
 * branch of the workflow it went down.
 */

/** The node of the template that sorts the events: an output for each kind, in the order of the labels. */
const SWITCH = 'Which Event';

const SECRET = 'demo-secret-of-this-n8n-only';

interface Delivery {
	name: string;
	payload: string;
	signature?: string;
	expected: { answer: Answer; output: string | undefined };
}

interface Result extends Delivery {
	answer: Answer;
	output: string | undefined;
	item: string;
}

const ACCEPTED: Answer = { status: 200, body: '' };
const REFUSED: Answer = { status: 401, body: '{"error":"Invalid signature"}' };

/** Every event's sample and a ping, each down its own branch; and a forgery, turned away. */
const DELIVERIES: Delivery[] = [
	...Object.values(SAMPLES).map((sample) => ({
		name: sample.event,
		payload: JSON.stringify(sample),
		expected: { answer: ACCEPTED, output: labelOf(sample.event) },
	})),
	{
		name: 'test ping',
		payload: JSON.stringify(TEST_PING),
		expected: { answer: ACCEPTED, output: labelOf('other') },
	},
	{
		name: 'forgery',
		payload: JSON.stringify(TEST_PING),
		signature: sign('a secret that KoeIQ does not have', JSON.stringify(TEST_PING)),
		expected: { answer: REFUSED, output: undefined },
	},
];

main().catch((error: unknown) => {
	toStandardError(error instanceof HarnessError ? `\n${error.message}` : String(error));
	if (error instanceof PortInUseError) {
		toStandardError('Stop that program, or choose another port: npm start -- --port 5690');
	}
	process.exit(1);
});

async function main(): Promise<void> {
	const { once, port, queue } = readArguments();
	let end = (): void => {
		process.exit(130);
	};
	whenToldToEnd(() => {
		end();
	});

	await using running = new AsyncDisposableStack();
	const n8n = running.use(
		queue ? await startQueue({ webhookProcessors: 2 }) : await startN8n({ port }),
	);
	const credentialId = await n8n.client.createCredential(
		CREDENTIAL,
		{ webhookSecret: SECRET },
		'KoeIQ of the demo',
	);
	const { url, workflowId } = await activateTrigger(
		n8n.client,
		template('one-branch-per-event'),
		credentialId,
	);
	const { results, newest } = await sendAll(n8n.client, url, workflowId);
	print(results);
	// In queue mode a worker would need the file that the main process got.
	const loop = queue ? undefined : await runLoop(n8n.client, { url, workflowId }, SECRET, newest);
	if (loop !== undefined) running.use(loop.koeIq);
	const isWhole = loop === undefined || printLoop(loop);
	const different = results.filter((result) => !isAsExpected(result));
	for (const { name, expected } of different) {
		console.log(
			`${name} should have been ${describe(expected.answer)}, ${expected.output ?? 'nowhere'}.`,
		);
	}

	if (once) {
		process.exitCode = different.length === 0 && isWhole ? 0 : 1;
		return;
	}
	const { logFile } = 'main' in n8n ? n8n.main : n8n;
	printSignIn(n8n.url, { workflowId, url, logFile, formUrl: loop?.formUrl });
	await new Promise<void>((resolve) => (end = resolve));
	toStandardError('\nStopping n8n …');
}

function readArguments(): { once: boolean; port: number | undefined; queue: boolean } {
	try {
		const { values } = parseArgs({
			options: {
				once: { type: 'boolean', default: false },
				port: { type: 'string' },
				queue: { type: 'boolean', default: false },
			},
		});
		const port = values.port === undefined ? undefined : Number(values.port);
		if (port !== undefined && !(Number.isInteger(port) && port >= 1 && port <= 65_535)) {
			throw new HarnessError(`--port takes a number from 1 to 65535, not ${String(values.port)}.`);
		}
		return { once: values.once, port, queue: values.queue };
	} catch (error) {
		if (error instanceof HarnessError) throw error;
		throw new HarnessError('Usage: npm start -- [--once] [--port N]');
	}
}

async function sendAll(
	client: N8nClient,
	url: string,
	workflowId: string,
): Promise<{ results: Result[]; newest: string | undefined }> {
	const results: Result[] = [];
	let newest: string | undefined;
	for (const delivery of DELIVERIES) {
		const answer = await deliver(url, SECRET, delivery.payload, delivery.signature);
		const expected = answer.status === 200 ? 1 : 0;
		const executions = await client.waitForExecutions(workflowId, expected, newest);
		results.push({ ...delivery, answer, ...outputOf(executions) });
		newest = executions.at(-1)?.id ?? newest;
	}
	return { results, newest };
}

/** Which output of the Switch held the item. */
function outputOf(executions: Execution[]): { output: string | undefined; item: string } {
	const outputs = executions.flatMap((execution) => execution.outputs(SWITCH) ?? []);
	const index = outputs.findIndex((items) => items.length > 0);
	const item = outputs[index]?.[0]?.json;
	return { output: LABELS[index], item: item === undefined ? '' : JSON.stringify(item) };
}

function isAsExpected({ answer, output, expected }: Result): boolean {
	return (
		answer.status === expected.answer.status &&
		answer.body === expected.answer.body &&
		output === expected.output
	);
}

function print(results: Result[]): void {
	console.log('\nSent to the KoeIQ Trigger    n8n answered                          Came out of');
	for (const result of results) {
		const mark = isAsExpected(result) ? '✔' : '✘';
		const columns = [`${mark} ${result.name}`.padEnd(29), describe(result.answer).padEnd(38)];
		console.log(columns.join('') + (result.output ?? 'nowhere: no execution'));
		if (result.item !== '') console.log(`    ${shorten(result.item, 150)}`);
	}
}

/** @returns whether every event of the recording came back, each down its own branch */
function printLoop({ upload, executions, expected }: Loop): boolean {
	const outputs = executions
		.filter((execution) => execution.mentions(upload.voicelog_id))
		.map((execution) => outputOf([execution]).output);
	const isWhole = outputs.join() === expected.map(labelOf).join();
	const columns = [
		`${isWhole ? '✔' : '✘'} ${upload.file.name}`.padEnd(29),
		`queued as ${upload.voicelog_id}`.padEnd(38),
	];
	console.log(
		'\nUploaded by the KoeIQ node   KoeIQ (a stand-in) answered           Its events came out of',
	);
	console.log(columns.join('') + outputs.join(', '));
	return isWhole;
}

function describe({ status, body }: Answer): string {
	return body === '' ? String(status) : `${status} ${body}`;
}

function shorten(text: string, length: number): string {
	return text.length > length ? `${text.slice(0, length - 1)}…` : text;
}

function printSignIn(
	editor: string,
	{
		workflowId,
		url,
		logFile,
		formUrl,
	}: { workflowId: string; url: string; logFile: string; formUrl: string | undefined },
): void {
	console.log(`
The editor     ${editor}/workflow/${workflowId}
Sign in with   ${OWNER.email}, password ${OWNER.password}
Webhook URL    ${url}
Secret         ${SECRET}${formUrl === undefined ? '' : `\nUpload form    ${formUrl}`}
n8n's log      ${logFile}

Ctrl-C stops n8n; everything in it goes with it.`);
}
