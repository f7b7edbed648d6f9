import { PasswordCheck } from '../../inbox/src/page/password';

const PASSWORD = 'the password of the page';
const SECOND = 1_000;

test('an address that is wrong waits 1, 2, 4 … 60 seconds, and no other one does', () => {
	const check = new PasswordCheck(PASSWORD);
	let now = 0;
	for (const seconds of [1, 2, 4, 8, 16, 32, 60, 60]) {
		expect(check.attempt('wrong', 'one', now)).toBe('wrong');
		expect(check.attempt(PASSWORD, 'one', now)).toBe(seconds);
		expect(check.attempt(PASSWORD, 'one', now + seconds * SECOND - 1)).toBe(1);
		expect(check.attempt(PASSWORD, 'another', now)).toBe('right');
		now += seconds * SECOND;
	}
	expect(check.attempt(PASSWORD, 'one', now)).toBe('right');
	expect(check.attempt('wrong', 'one', now)).toBe('wrong');
	expect(check.attempt(PASSWORD, 'one', now)).toBe(1);
});
