import { consent } from '../../harness/system-programs';

test.each([
	['for root, as in a container', 0, {}, false, 'root'],
	['for root at a terminal', 0, {}, true, 'root'],
	['for CI', 1000, { CI: 'true' }, false, 'sudo'],
	['for a person at a terminal', 1000, {}, true, 'ask'],
	['for a script of a person', 1000, {}, false, 'none'],
	['for CI that is switched off', 1000, { CI: 'false' }, false, 'none'],
])('how apt-get may be used %s', (_, user, env, isTerminal, expected) => {
	expect(consent(user, env, isTerminal)).toBe(expected);
});
