import { createHash } from 'node:crypto';

import { SAMPLES } from '../../harness/koeiq/samples';
import { template } from '../../harness/templates';

test('the samples pinned in "one branch per event" are what the trigger makes of the events', () => {
	const { pinData = {}, connections } = template('one-branch-per-event');
	const [trigger] = Object.values(connections);
	const pinned = Object.values(SAMPLES).map(
		(_, output) => pinData[trigger?.main[output]?.[0]?.node ?? ''],
	);
	expect(pinned).toEqual(
		Object.values(SAMPLES).map((sample) => [
			{
				json: {
					...sample,
					delivery: {
						id: createHash('sha256').update(JSON.stringify(sample)).digest('hex'),
						received_at: new Date(sample.timestamp).toISOString(),
						signed_with: 'current',
						issues: [],
					},
				},
			},
		]),
	);
	expect(Object.keys(pinData)).toHaveLength(Object.keys(SAMPLES).length);
});
