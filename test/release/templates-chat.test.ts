import { template } from '../../harness/templates';
import { chatSyntaxIn, HOSTILE } from '../support/chat-syntax';
import { codeNode } from '../support/code-node';

/* What the templates write into a chat, of words that others choose: a caller, a file's name, an error. */

const N8N = 'https://n8n.example.com/workflow/1/executions/2';

/** The nodes that write a message: what they are given with such words in it, and the lines that they write. */
const MESSAGES: Array<
	[string, string, (words: string) => [object[], Record<string, object[]>?], number]
> = [
	['folder-of-recordings', 'Tell what failed', (words) => [[{ call_id: words, error: words }]], 2],
	['recording-to-result', 'Tell what is missing', (words) => [[{ call_id: words }]], 1],
	[
		'an-alarm-when-nothing-comes',
		'Say which',
		(words) => [
			[
				{
					workflow: { name: words },
					execution: { lastNodeExecuted: words, error: { message: words }, url: N8N },
				},
			],
		],
		1,
	],
	[
		'an-alarm-when-nothing-comes',
		'What is wrong',
		(words) => [
			[{ data: [] }],
			{
				Settings: [{ quiet_hours: 3 }],
				'Those of KoeIQ': [
					{ id: '1', name: words, active: false },
					{ id: '2', name: words, active: true },
				],
			},
		],
		3,
	],
	[
		'days-report',
		'Write the report',
		(words) => [
			[],
			{
				'Calls of the day': [{ id: 1, quality_score: 5, call_id: words, operator_id: words }],
				'Alerts of the day': [{ id: 1, delivery_id: '1', alert_rule: words }],
			},
		],
		12,
	],
];

const IN_BOTH_LANGUAGES = MESSAGES.flatMap(([name, ...message]) =>
	[name, `ja/${name}`].map((one) => [one, ...message] as const),
);

describe.each(IN_BOTH_LANGUAGES)('%s, %s', (name, node, given, lines) => {
	const write = codeNode(template(name), node);

	test.each(HOSTILE)('takes what a chat would act on out of %j', (_, words) => {
		const [input, nodes = {}] = given(words);
		const [message] = write({ input, nodes, now: Date.now() }) as [{ text: string }];
		const written = message.text.replace(N8N, '').split('\n');
		expect(written).toHaveLength(lines);
		// Of the emoji, the part that makes it colourful is no letter either.
		expect(written.flatMap((line) => chatSyntaxIn(line.replace('\uFE0F', '')))).toEqual([]);
	});

	test('leaves what people say as it is', () => {
		const words = 'CALL_7-a 請求書 1,200.50 (50%) 10:30 & "thanks"!';
		const [input, nodes = {}] = given(words);
		const [message] = write({ input, nodes, now: Date.now() }) as [{ text: string }];
		expect(message.text).toContain(words);
	});
});
