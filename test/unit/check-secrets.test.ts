import { checkSecrets } from '../../nodes/KoeIq/trigger/check-secrets';
import { SignatureMemory } from '../../nodes/KoeIq/trigger/signature-memory';

const CURRENT = 'sixteen-letters!';
const SECRETS = { current: CURRENT };
const TRIGGER = 'of a workflow';
const NOW = Date.parse('2026-03-17T09:05:00Z');
const MINUTE = 60_000;

test.each([
	[
		'as it should be',
		CURRENT,
		'',
		/^The format of the secret is right\. KoeIQ can’t validate secrets, so send a Test Ping/,
	],
	[
		'with a line break behind it',
		`${CURRENT}\n`,
		'',
		/^The format of the secret is right\. White space .* don’t count\. KoeIQ can’t/,
	],
	['with a zero-width space in front', `\u200b${CURRENT}`, '', /don’t count/],
	['with a space before the previous one', CURRENT, ` ${CURRENT}`, /don’t count/],
	['with white space as the previous one', CURRENT, ' ', /don’t count/],
])('a secret is right %s', (_, current, previous, message) => {
	expect(checkSecrets({ current, previous }, new SignatureMemory(), NOW)).toEqual({
		status: 'OK',
		message: expect.stringMatching(message) as unknown,
	});
});

test('a secret that is wrong by itself is said to be so, whatever was refused', () => {
	const memory = new SignatureMemory();
	memory.note(TRIGGER, { current: 'short' }, false, NOW);
	expect(checkSecrets({ current: 'short' }, memory, NOW)).toMatchObject({
		status: 'Error',
		message: expect.stringContaining('only 5 characters') as unknown,
	});
});

describe('after requests that were signed with another secret', () => {
	let memory: SignatureMemory;

	beforeEach(() => {
		memory = new SignatureMemory();
	});

	const status = (secrets: object) => checkSecrets(secrets, memory, NOW).status;
	const refuse = (...minutesAgo: number[]) => {
		for (const minutes of minutesAgo) memory.note(TRIGGER, SECRETS, false, NOW - minutes * MINUTE);
	};

	test.each<[number[], string]>([
		[
			[0.9],
			'The last request (less than a minute ago) was signed with another secret. If it came from KoeIQ, the secrets differ',
		],
		[
			[9, 5, 2.5],
			'The last 3 requests (the latest 2 minutes ago) were signed with another secret. If they came from KoeIQ, the secrets differ',
		],
		[[90, 61], 'The last 2 requests (the latest 1 hour ago)'],
		[[3 * 1440], 'The last request (3 days ago)'],
		// Of a clock that was set back.
		[[-5], 'The last request (less than a minute ago)'],
	])('%j minutes ago, the test is red and says so', (minutesAgo, message) => {
		refuse(...minutesAgo);
		expect(checkSecrets(SECRETS, memory, NOW)).toEqual({
			status: 'Error',
			message: expect.stringContaining(message) as unknown,
		});
	});

	test.each<[string, object]>([
		['a corrected one', { current: 'letters!-sixteen' }],
		['it with a previous one that was not there', { ...SECRETS, previous: 'letters!-sixteen' }],
	])('another secret is not blamed: %s', (_, secrets) => {
		refuse(1);
		expect(status(secrets)).toBe('OK');
	});

	test('a space around it does not clear it', () => {
		refuse(1);
		expect(status({ current: ` ${CURRENT}`, previous: '' })).toBe('Error');
	});

	test.each([
		['at this trigger', TRIGGER, SECRETS],
		['at another trigger', 'of another workflow', SECRETS],
		['by a secret that was corrected meanwhile', TRIGGER, { current: 'letters!-sixteen' }],
	])('one that was right %s clears it, and counting begins anew', (_, trigger, secrets) => {
		refuse(5, 4);
		memory.note(trigger, secrets, true, NOW - 3 * MINUTE);
		expect(status(SECRETS)).toBe('OK');
		refuse(2);
		expect(memory.describe(SECRETS, NOW)).toMatch(/^The last request/);
	});

	test('one that was right at another trigger by another secret does not', () => {
		refuse(2);
		memory.note('of another workflow', { current: 'letters!-sixteen' }, true, NOW);
		expect(status(SECRETS)).toBe('Error');
	});

	test('those of all triggers with the secret are counted together', () => {
		refuse(9, 5);
		memory.note('of another workflow', SECRETS, false, NOW - 2.5 * MINUTE);
		expect(memory.describe(SECRETS, NOW)).toMatch(
			/^The last 3 requests \(the latest 2 minutes ago\)/,
		);
	});

	test('it is bounded: of many triggers, the one that refused the longest ago is forgotten', () => {
		const refuseAt = (i: number) => {
			memory.note(`${i}`, { current: `secret ${i}` }, false, NOW);
		};
		refuse(60);
		refuseAt(0);
		refuseAt(1);
		refuse(0);
		for (let i = 2; i <= 99; i += 1) refuseAt(i);
		expect(memory.describe(SECRETS, NOW)).toBeDefined();
		expect(memory.describe({ current: 'secret 0' }, NOW)).toBeUndefined();
		expect(memory.describe({ current: 'secret 1' }, NOW)).toBeDefined();
	});
});
