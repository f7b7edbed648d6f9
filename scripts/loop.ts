import { randomUUID } from 'node:crypto';

import type { N8nClient } from '../harness/client';
import type { Execution } from '../harness/execution';
import { activateForm, submitForm } from '../harness/form';
import { startIngest, type StartedIngest, type Upload } from '../harness/koeiq/ingest';
import { WAV } from '../harness/koeiq/recording';
import { HarnessError } from '../harness/report';
import { template } from '../harness/templates';
import type { Activated } from '../harness/trigger';
import { nodeOf } from '../harness/workflow';
import type { EventName } from '../nodes/KoeIq/core/events';

/* The whole loop: a recording goes up through the KoeIQ node, and its events come back through the trigger. */

/** Low enough for an alert, so that every event comes back. */
const SCORE = 45;
const EXPECTED = ['transcription.completed', 'analytics.completed', 'alert.triggered'] as const;

export interface Loop {
	/** A stand-in of KoeIQ, which takes more recordings until it is stopped. */
	koeIq: StartedIngest;
	/** Of a form that uploads a recording. */
	formUrl: string;
	/** The recording that went up. */
	upload: Upload;
	/** What the trigger has started since, oldest first. */
	executions: Execution[];
	/** The events that should be among them, in this order. */
	expected: readonly EventName[];
}

/**
 * Uploads a recording by the template with a form, and waits for its events.
 *
 * @param trigger a workflow that begins with a KoeIQ Trigger
 * @param newest its newest execution so far
 */
export async function runLoop(
	client: N8nClient,
	{ url, workflowId }: Activated,
	secret: string,
	newest: string | undefined,
): Promise<Loop> {
	const apiKey = 'koeiq_live_of-the-demo';
	const koeIq = await startIngest({ apiKey, webhook: { url, secret }, scoreOf: () => SCORE });

	const workflow = template('recording-from-form');
	const id = await client.createCredential('koeIqApi', { apiKey, baseUrl: koeIq.url });
	nodeOf(workflow, 'Upload to KoeIQ').credentials = { koeIqApi: { id, name: 'KoeIQ (stand-in)' } };
	nodeOf(workflow, 'Upload form').webhookId = randomUUID();
	const { url: formUrl } = await activateForm(client, workflow);

	await submitForm(formUrl, [WAV, 'CALL-DEMO-1', 'OP001']);
	const executions = await client.waitForExecutions(workflowId, EXPECTED.length, newest);
	const [upload] = koeIq.uploads;
	if (upload === undefined) throw new HarnessError('The recording did not reach the stand-in.');
	return { koeIq, formUrl, upload, executions, expected: EXPECTED };
}
