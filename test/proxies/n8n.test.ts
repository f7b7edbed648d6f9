import { join } from 'node:path';

import { sampleOf } from '../../harness/koeiq/samples';
import { deliver } from '../../harness/koeiq/sender';
import { startN8n, type StartedN8n } from '../../harness/n8n';
import { startProxy } from '../../harness/services';
import { activateWithSecrets, triggerWorkflow } from '../../harness/trigger';
import { disposedAfterAll } from '../support/disposed';

/* A real n8n behind each proxy: that it says what nginx asks it, and that its trigger finds the bytes that were signed. */

const SECRET = 'the-secret-that-koeiq-signs-with';
const FORGED = `sha256=${'0'.repeat(64)}`;
const EVENT = JSON.stringify({ ...sampleOf('analytics.completed'), text: '電話' });

const started = disposedAfterAll();
let n8n: StartedN8n;
let path: string;

beforeAll(async () => {
	n8n = await started(startN8n());
	const secrets = { webhookSecret: SECRET };
	const { url } = await activateWithSecrets(n8n.client, triggerWorkflow(), secrets);
	({ pathname: path } = new URL(url));
}, 600_000);

test.each(['trigger.nginx.conf', 'trigger.haproxy.cfg', 'trigger.Caddyfile'])(
	'a real trigger takes an event behind %s, and says whether it is ready',
	async (file) => {
		await using proxy = await startProxy(join(__dirname, '../../deploy/proxies', file), {
			inbox: '127.0.0.1:9',
			n8n: new URL(n8n.url).host,
		});
		const url = `http://127.0.0.1:${proxy.port}${path}`;
		expect(await deliver(url, SECRET, EVENT)).toEqual({ status: 200, body: '' });
		const refusal = '{"error":"Invalid signature"}';
		expect(await deliver(url, SECRET, EVENT, FORGED)).toEqual({ status: 401, body: refusal });
		expect(await (await fetch(url)).text()).toBe('{"ready":true}');
	},
);
