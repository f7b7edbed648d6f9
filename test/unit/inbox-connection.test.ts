import { apiUrl, findConnectionProblem, reachable } from '../../nodes/KoeIq/inbox/connection';

const good = { url: 'http://inbox:8081', apiKey: 'a-key-of-the-inbox-of-24-or-more', n8nUrl: '' };

test.each([
	[{}, undefined],
	[{ url: 'https://inbox.example.com/koeiq/' }, undefined],
	[{ n8nUrl: 'http://n8n:5678' }, undefined],
	[{ n8nUrl: 'http://n8n:5678/' }, undefined],
	[{ url: '' }, /URL of the inbox must be a web address/],
	[{ url: 'inbox:8081' }, /must be a web address/],
	[{ url: 'http://user:password@inbox:8081' }, /without a user/],
	[{ url: 'http://inbox:8081/?a=b' }, /without a user, a query/],
	[{ apiKey: '' }, /API key of the inbox is empty/],
	[{ apiKey: 'a key' }, /white space/],
	[{ apiKey: 'キー' }, /character that no key has/],
	[{ n8nUrl: 'n8n:5678' }, /n8n URL must be a host and a port/],
	[{ n8nUrl: 'http://n8n:5678/webhook' }, /host and a port only/],
])('a credential with %j: %s', (change, problem) => {
	const found = findConnectionProblem({ ...good, ...change });
	if (problem === undefined) expect(found).toBeUndefined();
	else expect(found).toMatch(problem);
});

test('no sentence about a credential repeats the key', () => {
	expect(findConnectionProblem({ ...good, apiKey: 'sécret' })).not.toContain('sécret');
});

test.each([
	['http://inbox:8081', 'http://inbox:8081/api/v1/targets'],
	['http://inbox:8081/', 'http://inbox:8081/api/v1/targets'],
	['http://inbox:8081#', 'http://inbox:8081/api/v1/targets'],
	['https://example.com/inbox//', 'https://example.com/inbox/api/v1/targets'],
])('the API of %s is at %s', (url, expected) => {
	expect(findConnectionProblem({ ...good, url })).toBeUndefined();
	expect(apiUrl(url, 'targets')).toBe(expected);
	expect(`${apiUrl(url, '')}/targets`).toBe(expected);
});

test.each([
	['', 'https://n8n.example.com/webhook/id/koeiq'],
	['http://n8n:5678', 'http://n8n:5678/webhook/id/koeiq'],
	['http://n8n:5678/', 'http://n8n:5678/webhook/id/koeiq'],
])('with the n8n URL %j, the inbox is told %s', (n8nUrl, told) => {
	expect(reachable('https://n8n.example.com/webhook/id/koeiq', n8nUrl)).toBe(told);
});
