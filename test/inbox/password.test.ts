import { PasswordCheck } from '../../inbox/src/page/password';

const PASSWORD = 'the password of the page';

test.each([
	[PASSWORD, true],
	['', false],
	[`${PASSWORD} `, false],
	[PASSWORD.slice(1), false],
	['x'.repeat(60_000), false],
])('%.30j is right: %s', async (password, isRight) => {
	expect(await new PasswordCheck(PASSWORD).isRight(password)).toBe(isRight);
});

test('the right password is right after any number of wrong ones, whatever the clock says', async () => {
	const check = new PasswordCheck(PASSWORD);
	const guesses = Array.from({ length: 20 }, async (_, i) => await check.isRight(`guess ${i}`));
	jest.useFakeTimers({ doNotFake: ['setImmediate', 'nextTick', 'queueMicrotask'], now: 0 });
	try {
		expect(await check.isRight(PASSWORD)).toBe(true);
	} finally {
		jest.useRealTimers();
	}
	expect(new Set(await Promise.all(guesses))).toEqual(new Set([false]));
});

test('guesses are judged one after the other', async () => {
	const check = new PasswordCheck(PASSWORD);
	const judged: number[] = [];
	await Promise.all(
		[0, 1, 2, 3].map(async (number) => {
			await check.isRight(`guess ${number}`);
			judged.push(number);
		}),
	);
	expect(judged).toEqual([0, 1, 2, 3]);
});
