import { describeNoAnswer, readAnswer } from '../../nodes/KoeIq/inbox/answers';
import {
	getEvent,
	listEvents,
	pause,
	register,
	sendAgain,
	type ApiRequest,
} from '../../nodes/KoeIq/inbox/requests';

const AT = 'http://inbox:8081';
const REGISTER = register('id', { url: 'http://n8n:5678/webhook/id/koeiq', name: 'A' }, 'secret');
const LIST = listEvents({}, 10);
const ONE = getEvent('abc');

test.each<[string, ApiRequest, number, unknown, unknown]>([
	['a target', REGISTER, 200, { key: 'id' }, { outcome: 'answered', body: { key: 'id' } }],
	['events', LIST, 200, { events: [] }, { outcome: 'answered', body: { events: [] } }],
	['nothing, if nothing is wanted', pause('id'), 204, '', { outcome: 'answered', body: {} }],
	[
		'that there is no such event',
		ONE,
		404,
		{ error: 'There is no event with this id' },
		{ outcome: 'missing', message: 'There is no event with this id' },
	],
	[
		'that there is no such target',
		pause('id'),
		404,
		{ error: 'There is no target with this key' },
		{ outcome: 'missing', message: 'There is no target with this key' },
	],
])('the inbox answers %s', (_, call, status, body, outcome) => {
	const text = typeof body === 'string' ? body : JSON.stringify(body);
	expect(readAnswer({ status, body: text }, call, AT)).toEqual(outcome);
});

const NO_INBOX = /^What answers at http:\/\/inbox:8081 is not the inbox’s API/;

test.each<[string, ApiRequest, number, unknown, RegExp, RegExp]>([
	[
		'a wrong key',
		REGISTER,
		401,
		{ error: 'The API key is not valid' },
		/^The inbox at http:\/\/inbox:8081 does not accept the API key \(401\)$/,
		/INBOX_API_KEY/,
	],
	[
		'another secret',
		REGISTER,
		409,
		{ error: "The webhook secret differs from the inbox's" },
		/^The webhook secret differs from the inbox's \(409\)$/,
		/INBOX_WEBHOOK_SECRET/,
	],
	[
		'anything else that the inbox refuses',
		sendAgain({ id: 'abc' }),
		409,
		{ error: 'There is no current target' },
		/^The inbox refuses: There is no current target \(409\)$/,
		/^$/,
	],
	['the port that KoeIQ calls', LIST, 404, { error: 'Not found' }, NO_INBOX, /INBOX_ADMIN_PORT/],
	[
		'the port that KoeIQ calls, asked to send',
		sendAgain({ id: 'abc' }),
		401,
		{ error: 'Invalid signature' },
		NO_INBOX,
		/INBOX_ADMIN_PORT/,
	],
	['a page in place of the API', LIST, 200, '<!DOCTYPE html>', NO_INBOX, /INBOX_API_KEY/],
	['a page in place of an event', ONE, 404, '<!DOCTYPE html>', NO_INBOX, /INBOX_API_KEY/],
	['another program’s JSON', REGISTER, 200, { status: 'ok' }, NO_INBOX, /INBOX_API_KEY/],
	['another program’s list', LIST, 200, [], NO_INBOX, /INBOX_API_KEY/],
	['a redirect', REGISTER, 302, '', NO_INBOX, /INBOX_API_KEY/],
	['a proxy whose inbox is down', REGISTER, 502, 'Bad Gateway', NO_INBOX, /INBOX_API_KEY/],
])('%s fails in a sentence', (_, call, status, body, message, description) => {
	const text = typeof body === 'string' ? body : JSON.stringify(body);
	const outcome = readAnswer({ status, body: text }, call, AT);
	expect(outcome).toMatchObject({ outcome: 'failed', status });
	if (outcome.outcome !== 'failed') return;
	expect(outcome.message).toMatch(message);
	expect(outcome.description).toMatch(description);
});

test.each([
	['ENOTFOUND', 'no such host'],
	['ECONNREFUSED', 'no connection'],
	['ECONNABORTED', 'no answer in time'],
	['DEPTH_ZERO_SELF_SIGNED_CERT', 'no secure connection'],
	['ECONNRESET', 'the connection broke off'],
	['SOMETHING_NEW', 'the call failed'],
])('%s is told in words: n8n would replace a message that names it', (code, reason) => {
	const cause = Object.assign(new Error(`${code} 10.0.0.1:8081`), { code });
	const failure = describeNoAnswer(new Error('The service refused', { cause }), AT);
	expect(failure.message).toBe(`Nothing answers at http://inbox:8081: ${reason}`);
	expect(failure.description).toContain('http://inbox:8081, not localhost');
});
