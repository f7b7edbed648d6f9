import { join } from 'node:path';

import { startInbox } from '../../harness/inbox';
import { stream } from '../../harness/load';
import { startProxy } from '../../harness/services';
import { StandIn } from '../../harness/stand-in';
import { poll } from '../../harness/wait';

/* KoeIQ documents no retry: what is refused while the inbox restarts is lost. Each proxy of deploy/ waits for it. */

const PROXIES = join(__dirname, '../../deploy/proxies');
const SECRET = 'the-secret-that-koeiq-signs-with';
const PER_SECOND = 50;
/** Answered before, between and after restarts: two seconds of them. */
const STEADY = 100;
const RESTARTS = Number(process.env.PROXY_RESTARTS ?? 1);

const FILES = ['inbox.nginx.conf', 'inbox.haproxy.cfg', 'inbox.Caddyfile'];

async function restart(
	file: string,
	restarts: number,
	env: NodeJS.ProcessEnv = {},
): Promise<{ sent: number; refused: number[]; slowestMs: number }> {
	await using inbox = await startInbox({ env: { INBOX_WEBHOOK_SECRET: SECRET, ...env } });
	// Nothing is n8n here: the events are for the inbox alone.
	const upstreams = { inbox: new URL(inbox.url).host, n8n: '127.0.0.1:9' };
	await using proxy = await startProxy(join(PROXIES, file), upstreams);
	const url = `http://127.0.0.1:${proxy.port}/koeiq`;
	const sent = await stream({ url, secret: SECRET, perSecond: PER_SECOND }, async (answered) => {
		const more = async () => {
			const enough = answered.length + STEADY;
			await poll('answers', 120_000, () => answered.length >= enough);
		};
		await more();
		for (let turn = 0; turn < restarts; turn++) {
			await inbox.kill('SIGTERM');
			await inbox.restart();
			await more();
		}
	});
	const result = {
		sent: sent.length,
		/** Their statuses; 0 if the connection broke. */
		refused: sent.map(({ status }) => status).filter((status) => status !== 200),
		slowestMs: Math.max(...sent.map(({ at, answeredAt }) => answeredAt - at)),
	};
	if (restarts > 1)
		process.stderr.write(`${file}, ${restarts} restarts: ${JSON.stringify(result)}\n`);
	return result;
}

test.each(FILES)(
	'%s loses no event over a restart of the inbox',
	async (file) => {
		expect(await restart(file, RESTARTS)).toMatchObject({ refused: [] });
	},
	600_000,
);

if (RESTARTS > 1) {
	test.each(FILES)(
		'%s waits for an inbox that takes all the time that it has to stop',
		async (file) => {
			await using silent = await StandIn.start(() => new Promise(() => {}));
			const env = { INBOX_FORWARD_TO: `${silent.url}/webhook/x/koeiq` };
			expect(await restart(file, 1, env)).toMatchObject({ refused: [] });
		},
		600_000,
	);
}
