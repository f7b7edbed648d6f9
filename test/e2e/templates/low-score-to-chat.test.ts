import { StandIn } from '../../../harness/stand-in';
import { template } from '../../../harness/templates';
import { nodeOf as node } from '../../../harness/workflow';
import { chatSyntaxIn, HOSTILE } from '../../support/chat-syntax';
import { disposedAfterAll } from '../../support/disposed';
import { event } from '../../support/event';
import { ALERT, ANALYTICS, TRANSCRIPTION, TriggerUnderTest } from '../support/trigger';

const started = disposedAfterAll();
let chat: StandIn;
let trigger: TriggerUnderTest;

beforeAll(async () => {
	chat = await started(StandIn.start());
	const workflow = template('low-score-to-chat');
	node(workflow, 'Post to chat').parameters.url = chat.url;
	trigger = await TriggerUnderTest.of(workflow);
});

beforeEach(() => {
	chat.reset();
});

test.each([
	[
		'a score under 60',
		event(ANALYTICS, { quality_score: 59, summary: 'Long wait.' }),
		'⚠️ Call CALL-20260317-001 scored 59 of 100. Long wait.',
	],
	[
		'an alert',
		ALERT,
		'🚨 Low Quality Score: call CALL-20260317-001, operator OP001. Measured 45, limit 60.',
	],
	[
		'an alert with nothing but what is required',
		event(ALERT, {
			alert_rule_name: null,
			call_id: null,
			operator_id: null,
			threshold: null,
			actual_value: null,
		}),
		'🚨 quality_score_below: call vl_xxxx, operator unknown. Measured –, limit –.',
	],
	['an alert whose rule is a number', event(ALERT, { alert_rule_name: 7 }), /^🚨 7: call CALL-2/],
])('posts %s', async (_, payload, text) => {
	const { executions } = await trigger.receive(payload);
	expect(executions.map(({ status }) => status)).toEqual(['success']);
	expect(chat.accepted).toEqual([
		{ text: text instanceof RegExp ? (expect.stringMatching(text) as string) : text },
	]);
});

test.each([
	['a score of 60', event(ANALYTICS, { quality_score: 60 })],
	['analytics without a score', event(ANALYTICS, { quality_score: null })],
	['a transcription', TRANSCRIPTION],
	['a ping', '{"event":"test.ping"}'],
])('answers %s 200 and starts nothing', async (_, payload) => {
	const { status, executions } = await trigger.receive(payload);
	expect([status, executions]).toEqual([200, []]);
	expect(chat.accepted).toEqual([]);
});

test.each(HOSTILE)('takes what a chat would act on out of %j', async (_, summary) => {
	await trigger.receive(event(ANALYTICS, { quality_score: 1, summary }));
	const [{ text }] = chat.accepted as [{ text: string }];
	expect(text).toMatch(/^⚠️ Call CALL-20260317-001 scored 1 of 100\. /);
	// Of the emoji, the part that makes it colourful is no letter either.
	const words = text.replace('\uFE0F', '');
	expect(chatSyntaxIn(words)).toEqual([]);
});

test('leaves what people say as it is', async () => {
	const summary = '請求書の金額が違う、とのこと。Refund of 1,200.50 (50%) until 10:30 & "thanks"!';
	await trigger.receive(event(ANALYTICS, { quality_score: 1, summary }));
	expect(chat.accepted).toEqual([
		{ text: `⚠️ Call CALL-20260317-001 scored 1 of 100. ${summary}` },
	]);
});

test('posts a card to Teams once that node is activated in place of the other', async () => {
	const workflow = template('low-score-to-chat');
	Object.assign(node(workflow, 'Post to chat'), { disabled: true });
	Object.assign(node(workflow, 'Post to Teams'), { disabled: false });
	node(workflow, 'Post to Teams').parameters.url = chat.url;
	const teams = await TriggerUnderTest.of(workflow);
	await teams.receive(event(ANALYTICS, { quality_score: 1, summary: '@all' }));
	expect(chat.accepted).toMatchObject([
		{ type: 'message', attachments: [{ content: { body: [{ type: 'TextBlock', wrap: true }] } }] },
	]);
	expect(JSON.stringify(chat.accepted)).toContain('＠all');
});
