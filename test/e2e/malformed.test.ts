import { flood, ofEachKind } from '../support/flood';
import { KINDS } from '../support/malformed';
import { n8nUnderTest, SECRET, TriggerUnderTest } from './support/trigger';

/* Requests that are no events, as bytes on the wire. test/soak/malformed.test.ts sends twenty thousand of them. */

const OF_EACH_KIND = 5;

test('of malformed requests none gets in, none shows a stack, and every good event among them runs', async () => {
	const n8n = await n8nUnderTest();
	const { url, workflowId } = await TriggerUnderTest.start();
	const { wrong, statuses, good } = await flood({
		...{ url, secret: SECRET, connections: 4 },
		requests: (target) => ofEachKind(target, OF_EACH_KIND),
	});
	expect(wrong).toEqual([]);
	expect([...statuses.keys()]).toEqual(expect.arrayContaining(Object.keys(KINDS)));
	expect(good).toEqual(Array(Math.floor((OF_EACH_KIND * statuses.size) / 100)).fill(200));
	await n8n.waitForExecutions(workflowId, good.length);
	expect(await n8n.statuses(workflowId)).toEqual(good.map(() => 'success'));
});
