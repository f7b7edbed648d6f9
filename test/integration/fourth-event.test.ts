import { NodeHelpers } from 'n8n-workflow';
import { z } from 'zod';

import { SAMPLES } from '../../harness/koeiq/samples';
import { deliver, TEST_PING } from '../../harness/koeiq/sender';
import type * as Events from '../../nodes/KoeIq/core/events';
import type * as Trigger from '../../nodes/KoeIq/KoeIqTrigger.node';
import { SECRET, WebhookServer } from './support/webhook-server';

/*
 * A later version of the package knows a fourth event, since typeVersion 2.1. A workflow that was saved before it keeps
 * every item on its output; a node that is made after it has one more output.
 */

const FOURTH = {
	event: 'call.archived',
	timestamp: '2026-03-17T09:04:00Z',
	tenant_id: 't_xxxx',
	data: { voicelog_id: 'vl_xxxx', size: 5 },
};
const SENT = [...Object.values(SAMPLES), FOURTH, TEST_PING].map((event) => JSON.stringify(event));

let server: WebhookServer;

beforeAll(async () => {
	const { KoeIqTrigger } = loadWithFourthEvent();
	server = await WebhookServer.start(new KoeIqTrigger());
});

afterAll(async () => {
	await server.stop();
});

function loadWithFourthEvent(): typeof Trigger {
	jest.resetModules();
	const { EVENTS, TYPE_VERSIONS } = jest.requireActual<typeof Events>(
		'../../nodes/KoeIq/core/events',
	);
	const { timestamp, tenant_id, data } = EVENTS[0].schema.shape;
	const { voicelog_id } = data.shape;
	const schema = z.object({
		event: z.literal(FOURTH.event),
		timestamp,
		tenant_id,
		data: z.object({ voicelog_id, size: z.number() }),
	});
	// What adding it to the file does, before anything is derived from it.
	(EVENTS as unknown as object[]).push({ name: FOURTH.event, since: 2.1, schema });
	(TYPE_VERSIONS as number[]).push(2.1);
	return jest.requireActual<typeof Trigger>('../../nodes/KoeIq/KoeIqTrigger.node');
}

/** The output of each event that was sent, `undefined` if it started nothing; and the labels of the outputs. */
async function run(typeVersion: number, parameters: object) {
	server.node = { typeVersion, parameters: { ...parameters } };
	const { workflow, node } = server.workflow();
	const { description } = server.trigger;
	const labels = NodeHelpers.getNodeOutputs(workflow, node, description).map((output) =>
		typeof output === 'string' ? output : (output.displayName ?? output.type),
	);
	const outputs: Array<number | undefined> = [];
	for (const payload of SENT) {
		await deliver(server.url, SECRET, payload);
		const output = server.returned?.workflowData?.findIndex((items) => items.length > 0);
		outputs.push(output);
	}
	return { labels, outputs };
}

const BEFORE = ['Transcription', 'Analytics', 'Alert', 'Other'];
const NONE = undefined;

describe('a workflow that was saved before', () => {
	test.each([
		['one output', { outputMode: 'single' }, ['main'], [0, 0, 0, 0, 0]],
		['an output per event', { outputMode: 'perEvent' }, BEFORE, [0, 1, 2, 3, 3]],
		[
			'an output per event, of which some are selected',
			{ outputMode: 'perEvent', events: ['alert.triggered', 'other'] },
			BEFORE,
			[NONE, NONE, 2, 3, 3],
		],
		[
			'one output, and Anything Else not selected',
			{ outputMode: 'single', events: ['alert.triggered'] },
			['main'],
			[NONE, NONE, 0, NONE, NONE],
		],
	])('with %s finds every item where it was', async (_, parameters, labels, outputs) => {
		expect(await run(2, parameters)).toEqual({ labels, outputs });
	});
});

describe('a node that is made after it', () => {
	test('has an output more', async () => {
		expect(await run(2.1, { outputMode: 'perEvent' })).toEqual({
			labels: ['Transcription', 'Analytics', 'Alert', 'Call', 'Other'],
			outputs: [0, 1, 2, 3, 4],
		});
	});

	test('starts for the event only if it is selected', async () => {
		const { outputs } = await run(2.1, { outputMode: 'single', events: ['other'] });
		expect(outputs).toEqual([NONE, NONE, NONE, NONE, 0]);
	});
});
