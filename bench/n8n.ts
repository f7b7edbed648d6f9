import { sampleOf } from '../harness/koeiq/samples';
import { N8N_VERSION, startN8n, type StartedN8n } from '../harness/n8n';
import { LAZY_ISOLATES } from '../harness/n8n-settings';
import { activate, activateWithSecrets, triggerWorkflow } from '../harness/trigger';
import { load, signed, type Load } from './support/load';
import { cpuMilliseconds, memoryMegabytes, untilIdle } from './support/processes';
import { digits, publish, spread, table, type Row } from './support/results';
import { measureInRounds } from './support/rounds';
import { bareWebhook, builtByHand, type Made } from './support/workflows';

/* One n8n process on SQLite: the trigger beside no check at all, and beside the same check built from n8n's own nodes. */

const ROUNDS = 5;
const REQUESTS = 120;
const CONNECTIONS = 10;
const SOAK_REQUESTS = Number(process.env.SOAK_REQUESTS ?? 20_000);
const SECRET = 'the-secret-of-the-benchmark';
const FORGER = 'the-secret-of-a-forger';

const BODY = JSON.stringify(sampleOf('analytics.completed'));

interface Contestant {
	name: string;
	accepted: Omit<Load, 'requests' | 'connections'>;
	/** None if anybody gets in. */
	forged?: Omit<Load, 'requests' | 'connections'>;
}

export async function n8n(report: (line: string) => void): Promise<void> {
	const host = await startN8n({ env: LAZY_ISOLATES, report });
	try {
		await measureAll(host, await install(host), report);
	} finally {
		await host.stop();
	}
}

async function measureAll(
	host: StartedN8n,
	contestants: Contestant[],
	report: (line: string) => void,
): Promise<void> {
	const pid = host.pid();
	const measure = async (wanted: Contestant['accepted']) => {
		const before = cpuMilliseconds(pid);
		const counts = { requests: REQUESTS, connections: CONNECTIONS };
		const { perSecond } = await load({ ...wanted, ...counts });
		await untilIdle([pid]);
		return { perSecond, cpu: (cpuMilliseconds(pid) - before) / REQUESTS };
	};
	for (const { accepted } of contestants) await measure(accepted);

	report('n8n, throughput');
	const contenders = (kind: 'accepted' | 'forged') =>
		contestants.flatMap((contestant) => {
			const wanted = contestant[kind];
			if (wanted === undefined) return [];
			return [{ name: `${contestant.name}, ${kind}`, measure: () => measure(wanted) }];
		});
	const figures = await measureInRounds(
		[...contenders('accepted'), ...contenders('forged')],
		ROUNDS,
		report,
	);
	const throughput = Object.entries(figures).map(([name, { perSecond, cpu }]): Row => {
		const [contestant, kind] = name.split(', ');
		const byHand = figures[`Built by hand, ${kind ?? ''}`]?.perSecond.median ?? NaN;
		const found = contestants.find((one) => one.name === contestant);
		const answer = (kind === 'forged' && found?.forged?.expects) || 200;
		return {
			what: name,
			answer,
			'requests/s': digits(perSecond.median),
			'to the bare Webhook': spread(perSecond.ratio),
			'to the same by hand': digits(perSecond.median / byHand),
			'CPU, ms a request': digits(cpu.median),
		};
	});

	report('n8n, latency');
	const latency: Row[] = [];
	for (const { name, accepted } of contestants) {
		const answered = await load({ ...accepted, requests: REQUESTS, connections: 1 });
		await untilIdle([pid]);
		const { p50, p99 } = answered.latency;
		latency.push({ what: name, 'p50, ms': digits(p50), 'p99, ms': digits(p99) });
	}

	report(`n8n, memory over ${SOAK_REQUESTS} requests`);
	const memory = await soak(
		contestants.find(({ name }) => name === 'KoeIQ Trigger'),
		pid,
		report,
	);

	publish(
		'n8n',
		[
			'# In n8n',
			`n8n ${N8N_VERSION}, one process, SQLite, \`N8N_EXPRESSION_ENGINE_LAZY_ACQUIRE=true\`; ${CONNECTIONS} connections, ${BODY.length} bytes. Median of ${ROUNDS} interleaved rounds of ${REQUESTS} requests; in brackets the lowest and the highest ratio. CPU is that of n8n's process, the execution after the answer included. Every answer has the status in the table, or the benchmark fails.`,
			table(throughput),
			'## Latency, one request at a time',
			table(latency),
			'## Memory',
			`Every tenth of ${SOAK_REQUESTS.toLocaleString('en')} requests, nine forged to one accepted:`,
			table(memory),
		].join('\n\n'),
	);
}

/** Nine forgeries to one event, as fast as they are answered; memory after each tenth. */
async function soak(
	trigger: Contestant | undefined,
	pid: number,
	report: (line: string) => void,
): Promise<Row[]> {
	if (trigger?.forged === undefined) throw new Error('There is no trigger to soak.');
	const rows: Row[] = [{ requests: 0, 'resident, MB': Math.round(memoryMegabytes(pid)) }];
	for (let tenth = 1; tenth <= 10; tenth++) {
		await Promise.all([
			load({ ...trigger.forged, connections: 50, requests: (SOAK_REQUESTS * 0.9) / 10 }),
			load({ ...trigger.accepted, connections: 1, requests: (SOAK_REQUESTS * 0.1) / 10 }),
		]);
		await untilIdle([pid]);
		const requests = (SOAK_REQUESTS * tenth) / 10;
		rows.push({ requests, 'resident, MB': Math.round(memoryMegabytes(pid)) });
		report(`  ${requests} requests`);
	}
	return rows;
}

async function install({ client }: StartedN8n): Promise<Contestant[]> {
	const secrets = { webhookSecret: SECRET };
	const put = async ({ workflow, path }: Made) => (await activate(client, workflow, path)).url;
	const bare = await put(bareWebhook());
	const byHand = await put(builtByHand(SECRET));
	const { url } = await activateWithSecrets(client, triggerWorkflow(), secrets);

	const right = (to: string) => ({ url: to, content: signed(BODY, SECRET) });
	const forged = (to: string) => ({ url: to, content: signed(BODY, FORGER), expects: 401 });
	return [
		{ name: 'Bare Webhook', accepted: right(bare) },
		{ name: 'KoeIQ Trigger', accepted: right(url), forged: forged(url) },
		{ name: 'Built by hand', accepted: right(byHand), forged: forged(byHand) },
	];
}
