import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseEnv } from 'node:util';

import { OWNER } from '../../harness/client';
import { startN8n, type StartedN8n } from '../../harness/n8n';
import { disposedAfterAll } from '../support/disposed';

/* n8n with the settings of deploy/single: whoever comes first cannot make the owner's account, since it is there. */

/** `caddy hash-password` of the owner's password, as .env.example says. */
const HASH = '$2a$14$/7wvxQwntCzDErBqNIDeledcW6WDmsm0g4NthcGxizXgsWVuhnziu';

const started = disposedAfterAll();
let n8n: StartedN8n;

beforeAll(async () => {
	const settings = readFileSync(join(__dirname, '../../deploy/single/n8n.env'), 'utf8');
	n8n = await started(
		startN8n({
			env: {
				...parseEnv(settings),
				N8N_PROTOCOL: 'http',
				N8N_INSTANCE_OWNER_EMAIL: OWNER.email,
				N8N_INSTANCE_OWNER_PASSWORD_HASH: HASH,
			},
		}),
	);
}, 180_000);

async function post(path: string, body: object): Promise<number> {
	const response = await fetch(n8n.url + path, {
		method: 'POST',
		headers: { 'content-type': 'application/json' },
		body: JSON.stringify(body),
	});
	await response.arrayBuffer();
	return response.status;
}

test('the owner is there, signs in with the password of the hash, and nobody else can become it', async () => {
	const stranger = { email: 'stranger@example.com', password: 'Stranger-1' };
	const names = { firstName: 'A', lastName: 'Stranger' };
	expect(await post('/rest/owner/setup', { ...stranger, ...names })).toBe(400);
	expect(await post('/rest/login', { ...stranger, emailOrLdapLoginId: stranger.email })).toBe(401);
	expect(await post('/rest/login', { ...OWNER, emailOrLdapLoginId: OWNER.email })).toBe(200);
});
