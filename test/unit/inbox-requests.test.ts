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

test.each<[string, ApiRequest, string, unknown]>([
	[
		'registers',
		register('id', { url: URL, name: '営業' }, SECRET),
		'PUT targets/id',
		{ url: URL, name: '営業' },
	],
	['pauses', pause('id'), 'DELETE targets/id', undefined],
	[
		'listens for the latest event',
		listen('id', { url: URL, whenTesting: 'latest' }, SECRET),
		'PUT listeners/id',
		{ url: URL, replay: 'latest', seconds: 120 },
	],
	[
		'listens for the next event',
		listen('id', { url: URL, whenTesting: 'next' }, SECRET),
		'PUT listeners/id',
		{ url: URL, replay: 'none', seconds: 120 },
	],
	['stops listening', stopListening('id'), 'DELETE listeners/id', undefined],
	['lists events', listEvents({}, 100), 'GET events?limit=100', undefined],
	[
		'lists the next page of some',
		listEvents({ call_id: 'A & B', after: '2026-03-16T09:30:00+09:00' }, 5, '17'),
		'GET events?call_id=A+%26+B&after=2026-03-16T09%3A30%3A00%2B09%3A00&limit=5&cursor=17',
		undefined,
	],
	['reads an event', getEvent('abc'), 'GET events/abc', undefined],
	['sends one again', sendAgain({ id: 'abc' }), 'POST sends', { id: 'abc' }],
	['encodes a key', pause(URL), `DELETE targets/${encodeURIComponent(URL)}`, undefined],
	['keeps a key within its path', pause('..'), 'DELETE targets/%2E%2E', undefined],
])('%s', (_, { method, path, body }, request, sent) => {
	expect(`${method} ${path}`).toBe(request);
	expect(body === undefined ? undefined : JSON.parse(body.toString())).toEqual(sent);
});

test.each([
	['register', register('id', { url: URL, name: '営業' }, SECRET)],
	['listen', listen('id', { url: URL, whenTesting: 'latest' }, `\u200b ${SECRET}\n`)],
])('%s signs the bytes that it sends, by the secret without stray characters', (_, call) => {
	const { body = Buffer.of(), headers } = call;
	const digest = createHmac('sha256', SECRET).update(body).digest('hex');
	expect(headers).toEqual({ 'x-koeiq-signature': `sha256=${digest}` });
});
