import { describeNoAnswer, inOneText, readAnswer } from '../../nodes/KoeIq/inbox/answers';
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

test.each<[string, ApiRequest, number, object | string, object]>([
	['a target', REGISTER, 200, { key: 'id' }, { outcome: 'answered', body: { key: 'id' } }],
	['events', LIST, 200, { events: [] }, { outcome: 'answered', body: { events: [] } }],
	['nothing, if nothing is wanted', pause('id'), 204, '', { outcome: 'answered', body: {} }],
	['that there is no such event', ONE, 404, { error: 'No' }, { outcome: 'missing', message: 'No' }],
	[
		'the same of a target',
		pause('id'),
		404,
		{ error: 'No' },
		{ outcome: 'missing', message: 'No' },
	],
])('the inbox answers %s', (_, call, status, body, outcome) => {
	const text = typeof body === 'string' ? body : JSON.stringify(body);
	expect(readAnswer({ status, body: text }, call, AT)).toEqual(outcome);
});

const NO_INBOX = /^What answers at http:\/\/inbox:8081 is not the inbox’s API/;

const OTHER_SECRET = "The webhook secret differs from the inbox's";
const SEND = sendAgain({ id: 'abc' });
const WRONG_KEY = /^The inbox at http:\/\/inbox:8081 does not accept the API key \(401\)$/;
const error = (words: string) => JSON.stringify({ error: words });

test.each<[number, string, ApiRequest, RegExp, RegExp]>([
	[401, error('The API key is not valid'), REGISTER, WRONG_KEY, /INBOX_API_KEY/],
	[409, error(OTHER_SECRET), REGISTER, new RegExp(`^${OTHER_SECRET} `), /INBOX_WEBHOOK_SECRET/],
	[
		409,
		error('No current target'),
		SEND,
		/^The inbox rejects this: No current target \(409\)$/,
		/^$/,
	],
	// The port that KoeIQ calls.
	[404, error('Not found'), LIST, NO_INBOX, /INBOX_ADMIN_PORT/],
	[401, error('Invalid signature'), SEND, NO_INBOX, /INBOX_ADMIN_PORT/],
	// A page or another program in place of the API, a redirect, and a proxy whose inbox is down.
	[200, '<!DOCTYPE html>', LIST, NO_INBOX, /INBOX_API_KEY/],
	[404, '<!DOCTYPE html>', ONE, NO_INBOX, /INBOX_API_KEY/],
	[200, '{"status":"ok"}', REGISTER, NO_INBOX, /INBOX_API_KEY/],
	[200, '[]', LIST, NO_INBOX, /INBOX_API_KEY/],
	[302, '', REGISTER, NO_INBOX, /INBOX_API_KEY/],
	[502, 'Bad Gateway', REGISTER, /^A proxy answers at .* \(502\)$/, /that the inbox runs/],
])('%i %s fails in a sentence', (status, body, call, message, description) => {
	const outcome = readAnswer({ status, body }, call, AT);
	expect(outcome).toMatchObject({ outcome: 'failed', status });
	if (outcome.outcome !== 'failed') return;
	expect(outcome.message).toMatch(message);
	expect(outcome.description).toMatch(description);
});

test.each([
	['ENOTFOUND', 'n8n cannot find the host of', /share a network/],
	['ECONNREFUSED', 'Nothing answers at', /that the inbox runs/],
	['ECONNABORTED', 'Nothing answered at .* in time', /firewall/],
	// https:// where http:// is spoken, and a certificate that n8n does not trust.
	['EPROTO', 'n8n cannot make a secure connection to', /begins with http:/],
	['DEPTH_ZERO_SELF_SIGNED_CERT', 'n8n cannot make a secure connection to', /NODE_EXTRA_CA_CERTS/],
	['HPE_INVALID_CONSTANT', 'is not the inbox’s API', /INBOX_ADMIN_PORT/],
	['ECONNRESET', 'The connection to .* broke off', /that the inbox runs/],
	['SOMETHING_NEW', 'n8n could not call the inbox at', /that the inbox runs/],
])('%s is told in words: n8n would replace a message that names it', (code, message, advice) => {
	const cause = Object.assign(new Error(`${code} 10.0.0.1:8081`), { code });
	const failure = describeNoAnswer(new Error('The service refused', { cause }), AT);
	expect(failure.message).toMatch(new RegExp(message));
	expect(failure.message).toContain(AT);
	expect(failure.description).toMatch(advice);
	expect(inOneText(failure)).not.toContain(code);
});

test('what n8n itself does not allow is no fault of the inbox', () => {
	const words = 'The request was blocked because it resolves to a restricted IP address';
	const failure = describeNoAnswer(new Error(words), AT);
	expect(failure.message).toBe(`n8n does not allow calls to ${AT}`);
	expect(failure.description).toContain('N8N_SSRF_ALLOWED_HOSTNAMES');
});
