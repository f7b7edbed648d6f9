import { createHash } from 'node:crypto';

import { SAMPLES } from '../../harness/koeiq/samples';
import { TEST_PING } from '../../harness/koeiq/sender';
import { template } from '../../harness/templates';
import { TRIGGER } from '../../harness/trigger';
import { nodeOf } from '../../harness/workflow';
import { classify, type Envelope } from '../../nodes/KoeIq/core/events';

const workflow = template('one-branch-per-event');

test('the trigger of "one branch per event" holds what it makes of one of each kind', () => {
	const sent = [...Object.values(SAMPLES), TEST_PING];
	expect(workflow.pinData).toEqual({
		[TRIGGER]: sent.map((event) => ({
			json: {
				...event,
				delivery: {
					id: createHash('sha256').update(JSON.stringify(event)).digest('hex'),
					received_at: new Date(event.timestamp).toISOString(),
					signed_with: 'current',
					issues: classify(JSON.parse(JSON.stringify(event)) as Envelope, Infinity).issues,
				},
			},
		})),
	});
});

test('it gives no two users the same URL', () => {
	expect(nodeOf(workflow, TRIGGER).webhookId).toBeUndefined();
});
