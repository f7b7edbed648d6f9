import { gzipSync } from 'node:zlib';

import { sign, SIGNATURE_HEADER } from '../harness/koeiq/sender';
import { N8N_VERSION, startN8n } from '../harness/n8n';
import { LAZY_ISOLATES } from '../harness/n8n-settings';
import { startCaddy, type Service } from '../harness/services';
import { activateWithSecrets, triggerWorkflow } from '../harness/trigger';
import { cpuMilliseconds, untilIdle } from './support/processes';
import { digits, publish, table } from './support/results';
import { measureInRounds, type Contender } from './support/rounds';

/* What 15 KB that inflate to 15 MB cost n8n, straight and through the proxy of deploy/ and README. */

const ROUNDS = 7;
const SECRET = 'the-secret-of-the-benchmark';
const INFLATED = Buffer.alloc(15_000_000, '{"a":');
const BOMB = gzipSync(INFLATED);
const BOMB_HEADERS = { 'content-type': 'application/json', 'content-encoding': 'gzip' };
const FORGED = { [SIGNATURE_HEADER]: sign('forged', BOMB) };

export async function bomb(report: (line: string) => void): Promise<void> {
	const n8n = await startN8n({ env: LAZY_ISOLATES, report });
	let proxy: Service | undefined;
	try {
		const secrets = { webhookSecret: SECRET };
		const { url } = await activateWithSecrets(n8n.client, triggerWorkflow(), secrets);
		const address = new URL(n8n.url).host;
		proxy = await startCaddy({ PROXY_MAIN: address, PROXY_WEBHOOK: address });
		const proxied = url.replace(n8n.url, `http://127.0.0.1:${proxy.port}`);
		const pid = n8n.pid();

		const contender = (
			name: string,
			to: string,
			headers: Record<string, string>,
			body: Buffer,
			status: number,
		): Contender<'stalled' | 'cpu'> => ({
			name,
			measure: async () => {
				await untilIdle([pid]);
				const before = cpuMilliseconds(pid);
				const stalled = await longestAnswer(`${n8n.url}/healthz`, async () => {
					const answer = await fetch(to, { method: 'POST', headers, body });
					await answer.arrayBuffer();
					if (answer.status !== status) {
						throw new Error(`${name}: answered ${answer.status}, not ${status}.`);
					}
				});
				await untilIdle([pid]);
				return { stalled, cpu: cpuMilliseconds(pid) - before };
			},
		});
		const small = Buffer.from('{}');
		const json = { 'content-type': 'application/json' };
		const figures = await measureInRounds(
			[
				contender('two bytes, unsigned, straight to n8n', url, json, small, 401),
				contender('the bomb, unsigned, straight to n8n', url, BOMB_HEADERS, BOMB, 422),
				contender('the bomb, unsigned, through the proxy', proxied, BOMB_HEADERS, BOMB, 401),
				contender(
					'the bomb, with a forged signature, through the proxy',
					...([proxied, { ...BOMB_HEADERS, ...FORGED }, BOMB, 415] as const),
				),
			],
			ROUNDS,
			report,
		);
		const rows = Object.entries(figures).map(([request, { stalled, cpu }]) => ({
			request,
			"n8n's event loop stands still, ms": digits(stalled.median),
			'CPU of n8n, ms': digits(cpu.median),
		}));
		publish(
			'bomb',
			{ version: N8N_VERSION, bytes: BOMB.length, inflated: INFLATED.length, figures },
			`# A bomb of ${Math.round(BOMB.length / 1000)} KB\n\nOne request that inflates to ${INFLATED.length / 1e6} MB, sent to n8n ${N8N_VERSION} straight and through the proxy of \`deploy/\`. Median of ${ROUNDS} interleaved rounds. *Stands still* is the longest answer to \`GET /healthz\`, asked without a pause meanwhile. The CPU is that of the questions too.\n\n${table(rows)}`,
		);
	} finally {
		await proxy?.stop();
		await n8n.stop();
	}
}

/** Milliseconds of the longest answer to a `GET` that is asked without a pause from before the work until after it. */
async function longestAnswer(url: string, work: () => Promise<void>): Promise<number> {
	let longest = 0;
	const ask = async () => {
		const start = performance.now();
		await (await fetch(url)).arrayBuffer();
		longest = Math.max(longest, performance.now() - start);
	};
	for (let i = 0; i < 5; i++) await ask();
	longest = 0;
	const state = { isOver: false };
	const working = work().finally(() => {
		state.isOver = true;
	});
	while (!state.isOver) await ask();
	await working;
	await ask();
	return longest;
}
