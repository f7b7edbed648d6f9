import { findConnectionProblem, uploadUrl } from '../../nodes/KoeIq/upload/connection';
import { describeNoAnswer } from '../../nodes/KoeIq/upload/no-answer';

const good = { apiKey: 'koeiq_live_xxxxxxxxxxxx', baseUrl: 'https://app.koeiq.com' };

test.each([
	[{}, undefined],
	[{ baseUrl: 'https://app.koeiq.com/' }, undefined],
	[{ baseUrl: 'http://koeiq.example.com:8080/voice' }, undefined],
	[{ apiKey: '' }, /API key is empty/],
	[{ apiKey: 'a key' }, /white space/],
	[{ apiKey: 'ke\u200By' }, /invisible/],
	[{ apiKey: 'キー' }, /no API key has/],
	[{ baseUrl: '' }, /not a web address/],
	[{ baseUrl: 'app.koeiq.com' }, /not a web address/],
	[{ baseUrl: 'ftp://app.koeiq.com' }, /not a web address/],
	[{ baseUrl: 'https://app.koeiq.com/?a=b' }, /host and a path only/],
	[{ baseUrl: 'https://user:password@app.koeiq.com' }, /host and a path only/],
	[{ baseUrl: 'https://:password@app.koeiq.com' }, /host and a path only/],
	[{ baseUrl: 'https://app.koeiq.com/#top' }, /host and a path only/],
])('a credential with %j: %s', (change, problem) => {
	const found = findConnectionProblem({ ...good, ...change });
	if (problem === undefined) expect(found).toBeUndefined();
	else expect(found).toMatch(problem);
});

test.each([
	['https://app.koeiq.com', 'https://app.koeiq.com/api/ingest/upload'],
	['https://app.koeiq.com/', 'https://app.koeiq.com/api/ingest/upload'],
	[' https://app.koeiq.com\n', 'https://app.koeiq.com/api/ingest/upload'],
	['https://app.koeiq.com#', 'https://app.koeiq.com/api/ingest/upload'],
	['https://app.koeiq.com?', 'https://app.koeiq.com/api/ingest/upload'],
	['https://app.koeiq.com/?#', 'https://app.koeiq.com/api/ingest/upload'],
	['https:app.koeiq.com', 'https://app.koeiq.com/api/ingest/upload'],
	['http://10.0.0.1:8080/voice?', 'http://10.0.0.1:8080/voice/api/ingest/upload'],
	['https://koeiq.example.com/voice//', 'https://koeiq.example.com/voice/api/ingest/upload'],
])('%j uploads to %s', (baseUrl, url) => {
	expect(findConnectionProblem({ ...good, baseUrl })).toBeUndefined();
	expect(uploadUrl(baseUrl)).toBe(url);
});

/** As n8n hands it on: the error of its HTTP client around Node's, and n8n's own around both. */
const failed = (code: string, message: string) => {
	const cause = Object.assign(new Error(message), { code });
	const client = Object.assign(new Error(message, { cause }), {
		code,
		config: { headers: { 'X-API-Key': good.apiKey } },
	});
	return new Error('The service refused the connection', { cause: client });
};

test.each([
	['ENOTFOUND', /address cannot be found/],
	['ECONNREFUSED', /cannot be reached/],
	['ETIMEDOUT', /did not answer in time/],
	['ECONNABORTED', /did not answer in time/],
	['DEPTH_ZERO_SELF_SIGNED_CERT', /cannot make a secure connection/],
	['CERT_HAS_EXPIRED', /cannot make a secure connection/],
	['ERR_TLS_CERT_ALTNAME_INVALID', /cannot make a secure connection/],
	['UNABLE_TO_VERIFY_LEAF_SIGNATURE', /cannot make a secure connection/],
	['EPROTO', /cannot make a secure connection/],
	['ECONNRESET', /broke off/],
	['EPIPE', /broke off/],
	['ERR_CANCELED', /canceled/],
	['ERR_RECORDING_UNREADABLE', /recording could not be read/],
	['SOMETHING_NEW', /could not be sent/],
])('describes %s in words, without the key', (code, message) => {
	const failure = describeNoAnswer(failed(code, `original words of ${code}`));
	expect(failure).toEqual({
		outcome: 'failed',
		message: expect.stringMatching(message) as unknown,
		description: expect.stringContaining(`(original words of ${code})`) as unknown,
	});
	expect(JSON.stringify(failure)).not.toContain(good.apiKey);
	// It would send the key in the clear.
	expect(failure.description).not.toMatch(/\bhttp\b/);
});

test('describes a thrown value that is no Error', () => {
	expect(describeNoAnswer('broken')).toMatchObject({ outcome: 'failed' });
});
