import { causeOf, troubleOf, type Cause } from '../../inbox/src/page/views/causes';
import { causes } from '../../inbox/src/page/words/causes-en';
import { causesJa } from '../../inbox/src/page/words/causes-ja';

/* What an answer of a target is taken for; the answers are n8n's own, as the inbox describes them. */

test.each<[string | null, Cause]>([
	['401 {"error":"Invalid signature"}', 'secret'],
	['401 {"error":"Timestamp outside the allowed window"}', 'tooOld'],
	['401 <html>Authorization Required</html>', 'other'],
	['500 {"error":"Webhook secret is not configured"}', 'noSecret'],
	['503 {"ready":false}', 'noSecret'],
	[
		'404 {"code":404,"message":"The requested webhook \\"POST x\\" is not registered."}',
		'unpublished',
	],
	['404 page not found', 'other'],
	['200 <!DOCTYPE html><html>n8n is starting up. Please wait', 'starting'],
	['200 \n<html lang="en">', 'starting'],
	['503 <html>Service Unavailable', 'starting'],
	['200 {"ok":true}', 'other'],
	['500 {"message":"Error in workflow"}', 'workflow'],
	['500 {"code":0,"message":"Workflow could not be started!"}', 'workflow'],
	['500 Internal Server Error', 'error'],
	['429', 'busy'],
	['413 {"error":"Payload too large"}', 'tooLarge'],
	['502 <html>Bad Gateway', 'proxy'],
	['504', 'proxy'],
	['422 {}', 'other'],
	['connect ECONNREFUSED 127.0.0.1:5678', 'down'],
	['Connect Timeout Error (attempted address: 10.0.0.1:443, timeout: 10000ms)', 'down'],
	['getaddrinfo ENOTFOUND n8n', 'noAddress'],
	['no answer in 900 s', 'late'],
	['the target hangs', 'silent'],
	['200 n8n is starting up. Please wait', 'starting'],
	['The operation was aborted due to timeout', 'silent'],
	['self-signed certificate', 'insecure'],
	["Hostname/IP does not match certificate's altnames: Host: n8n", 'insecure'],
	['write EPROTO 00:error:0A00010B:SSL routines::wrong version number', 'insecure'],
	['other side closed', 'broken'],
	['The event is damaged in the store', 'damaged'],
	['', 'other'],
	[null, 'other'],
])('%j is taken for %s', (answer, cause) => {
	expect(causeOf(answer)).toBe(cause);
});

test('a target is in trouble from its first refusal on, and at once if it is away', () => {
	const [since, nextAt, answer] = [1, 2, '404 {"message":"… is not registered."}'];
	expect([
		troubleOf(undefined),
		troubleOf({ state: 'starting', since }),
		troubleOf({ state: 'accepting', since }),
		troubleOf({ state: 'accepting', since: 0, refusal: { since, answer } }),
		troubleOf({ state: 'unavailable', since, answer, nextAt }),
		troubleOf({ state: 'rejecting', since, answer, nextAt }),
	]).toEqual([
		...[undefined, undefined, undefined],
		{ cause: 'unpublished', since, answer, nextAt: null, isStopped: false },
		{ cause: 'unpublished', since, answer, nextAt, isStopped: true },
		{ cause: 'unpublished', since, answer, nextAt, isStopped: true },
	]);
});

test('a URL that n8n does not know yet is no trouble while its workflow is being published', () => {
	const [since, nextAt] = [1, 2];
	const at = (answer: string, now: number) =>
		troubleOf({ state: 'unavailable', since, answer, nextAt }, now)?.cause;
	const unknown = '404 {"message":"… is not registered."}';
	expect([
		at(unknown, since + 9_999),
		at(unknown, since + 10_000),
		at('401 {"error":"Invalid signature"}', since),
	]).toEqual([...[undefined, 'unpublished', 'secret']]);
});

const PLACE = { origin: 'http://n8n:5678', isSet: false };

test('every cause has a sentence that says what is so, and one that says what to do', () => {
	for (const { what, advice } of Object.values(causes(PLACE))) {
		expect(what).toMatch(/^\S.*\.$/);
		expect(advice).toMatch(/^[A-Z].*\.$/);
	}
	for (const { what, advice } of Object.values(causesJa(PLACE))) {
		expect(what).toMatch(/。$/);
		expect(advice).toMatch(/。$/);
	}
});

test.each<Cause>(['down', 'noAddress', 'silent', 'insecure', 'broken', 'other'])(
	'of a target that is %s, the address is named, and the setting that has it',
	(cause) => {
		for (const say of [causes, causesJa]) {
			const registered = say(PLACE)[cause];
			expect(registered.what).toContain(PLACE.origin);
			expect(registered.advice).toMatch(/KoeIQ Inbox API.*n8n URL|n8n URL.*KoeIQ Inbox API/);
			expect(say({ ...PLACE, isSet: true })[cause].advice).toContain('INBOX_FORWARD_TO');
		}
	},
);
