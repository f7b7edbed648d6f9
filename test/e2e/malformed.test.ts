import { sendMalformed } from '../support/malformed';
import { ALERT, SECRET, TriggerUnderTest } from './support/trigger';

/* Requests that are no events, as bytes on the wire. test/soak/malformed.test.ts sends twenty thousand of them. */

test('of malformed requests none gets in, none shows a stack, and the event after them runs', async () => {
	const trigger = await TriggerUnderTest.start();
	expect(await sendMalformed(trigger.url, SECRET)).toEqual([]);
	const { executions } = await trigger.receive(ALERT);
	expect(executions.map(({ status }) => status)).toEqual(['success']);
});
