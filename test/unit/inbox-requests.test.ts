import { createHmac } from 'node:crypto';

import {
	getEvent,
	listen,
	listEvents,
	pause,
	register,
	sendAgain,
	stopListening,
	type ApiRequest,
} from '../../nodes/KoeIq/inbox/requests';

const SECRET = 'the-secret-that-koeiq-signs-with';
const URL = 'http://n8n:5678/webhook/id/koeiq';

function listenFor(whenTesting: 'latest' | 'next'): ApiRequest {
	return listen('id', { url: URL, whenTesting }, SECRET);
}

const AT = { url: URL, name: '営業' };
const LISTENING = { url: URL, seconds: 120, mustAnswer: true };
const FILTERS = { call_id: 'A & B', after: '2026-03-16T09:30:00+09:00' };
const FILTERED = 'call_id=A+%26+B&after=2026-03-16T09%3A30%3A00%2B09%3A00&limit=5&cursor=17';

test.each<[request: string, call: ApiRequest, sent?: object]>([
	['PUT targets/id', register('id', AT, SECRET), { ...AT, mustAnswer: true }],
	['DELETE targets/id', pause('id')],
	['PUT listeners/id', listenFor('latest'), { ...LISTENING, replay: 'latest' }],
	['PUT listeners/id', listenFor('next'), { ...LISTENING, replay: 'none' }],
	['DELETE listeners/id', stopListening('id')],
	['GET events?limit=100', listEvents({}, 100)],
	[`GET events?${FILTERED}`, listEvents(FILTERS, 5, '17')],
	['GET events/abc', getEvent('abc')],
	['POST sends', sendAgain({ id: 'abc' }), { id: 'abc' }],
	// A key is encoded, and stays within its path.
	[`DELETE targets/${encodeURIComponent(URL)}`, pause(URL)],
	['DELETE targets/%2E%2E', pause('..')],
])('%s', (request, { method, path, body }, sent: object | null = null) => {
	expect(`${method} ${path}`).toBe(request);
	expect(body === undefined ? null : JSON.parse(body.toString())).toEqual(sent);
});

test.each([
	['register', register('id', { url: URL, name: '営業' }, SECRET)],
	['listen', listen('id', { url: URL, whenTesting: 'latest' }, `\u200b ${SECRET}\n`)],
])('%s signs the bytes that it sends, by the secret without stray characters', (_, call) => {
	const { body = Buffer.of(), headers } = call;
	const digest = createHmac('sha256', SECRET).update(body).digest('hex');
	expect(headers).toEqual({ 'x-koeiq-signature': `sha256=${digest}` });
});
