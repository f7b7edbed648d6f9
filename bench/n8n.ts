import { createHmac } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { sampleOf } from '../harness/koeiq/samples';
import { N8N_VERSION, startN8n, type StartedN8n } from '../harness/n8n';
import { LAZY_ISOLATES } from '../harness/n8n-settings';
import { pack, unpack } from '../harness/pack';
import { activate, activateWithSecrets, triggerWorkflow } from '../harness/trigger';
import { headersOf, load, loadAtRate, type Wanted } from './support/load';
import { cpuMilliseconds, memoryMegabytes, untilIdle } from './support/processes';
import { digits, publish, spread, table, type Row } from './support/results';
import { measureInRounds } from './support/rounds';
import { bareWebhook, builtByHand, lemonSqueezyTrigger, type Made } from './support/workflows';

/* One n8n process on SQLite: the trigger beside no check at all, n8n's own nodes, and another community trigger. */

const ROUNDS = 5;
const SECONDS = 3;
const CONNECTIONS = 10;
const SOAK_REQUESTS = Number(process.env.SOAK_REQUESTS ?? 20_000);
const SECRET = 'the-secret-of-the-benchmark';
const FORGER = 'the-secret-of-a-forger';
const LEMON = 'n8n-nodes-lemonsqueezy@2.0.0';

const BODY = JSON.stringify(sampleOf('analytics.completed'));

interface Contestant {
	name: string;
	accepted: Omit<Wanted, 'seconds'>;
	/** None if anybody gets in. */
	forged?: Omit<Wanted, 'seconds'>;
}

export async function n8n(report: (line: string) => void): Promise<void> {
	const api = await fakeLemonApi();
	const lemon = await fetchLemon(`http://127.0.0.1:${(api.address() as AddressInfo).port}/v1`);
	let host: StartedN8n | undefined;
	try {
		host = await startN8n({ env: LAZY_ISOLATES, packages: [lemon], report });
		const contestants = await install(host);
		await measureAll(host, contestants, report);
	} finally {
		await host?.stop();
		api.close();
		rmSync(lemon, { recursive: true });
	}
}

async function measureAll(
	host: StartedN8n,
	contestants: Contestant[],
	report: (line: string) => void,
): Promise<void> {
	const pid = host.pid();
	const measure = async (wanted: Wanted) => {
		const before = cpuMilliseconds(pid);
		const { perSecond, requests } = await load({ ...wanted, connections: CONNECTIONS });
		await untilIdle([pid]);
		return { perSecond, cpu: (cpuMilliseconds(pid) - before) / requests };
	};
	for (const { accepted } of contestants) await measure({ ...accepted, seconds: 3 });

	report('n8n, throughput');
	const contenders = (kind: 'accepted' | 'forged') =>
		contestants.flatMap((contestant) => {
			const wanted = contestant[kind];
			if (wanted === undefined) return [];
			const once = () => measure({ ...wanted, seconds: SECONDS });
			return [{ name: `${contestant.name}, ${kind}`, measure: once }];
		});
	const figures = await measureInRounds(
		[...contenders('accepted'), ...contenders('forged')],
		ROUNDS,
		report,
	);
	const throughput = Object.entries(figures).map(([name, { perSecond, cpu }]): Row => {
		const [contestant, kind] = name.split(', ');
		const byHand = figures[`Built by hand, ${kind ?? ''}`]?.perSecond.median ?? NaN;
		const answer = contestants.find((one) => one.name === contestant)?.[
			kind === 'forged' ? 'forged' : 'accepted'
		]?.expects;
		return {
			what: name,
			answer: answer ?? '',
			'requests/s': digits(perSecond.median),
			'to the bare Webhook': spread(perSecond.ratio),
			'to the same by hand': digits(perSecond.median / byHand),
			'CPU, ms a request': digits(cpu.median),
		};
	});

	report('n8n, latency at half of that rate');
	const latency: Row[] = [];
	for (const { name, accepted } of contestants) {
		const most = figures[`${name}, accepted`]?.perSecond.median ?? NaN;
		const rate = Math.max(1, Math.round(most / 2));
		const { latency: milliseconds } = await loadAtRate({ ...accepted, seconds: 10 }, rate);
		await untilIdle([pid]);
		latency.push({
			what: name,
			'requests/s': rate,
			'p50, ms': digits(milliseconds.p50),
			'p95, ms': digits(milliseconds.p95),
			'p99, ms': digits(milliseconds.p99),
		});
	}

	report(`n8n, memory over ${SOAK_REQUESTS} requests`);
	const memory = await soak(
		contestants.find(({ name }) => name === 'KoeIQ Trigger'),
		pid,
		report,
	);

	publish(
		'n8n',
		{ version: N8N_VERSION, env: LAZY_ISOLATES, figures, latency, memory },
		[
			'# In n8n',
			`n8n ${N8N_VERSION}, one process, SQLite, \`N8N_EXPRESSION_ENGINE_LAZY_ACQUIRE=true\`; ${CONNECTIONS} connections, ${BODY.length} bytes. Median of ${ROUNDS} interleaved rounds of ${SECONDS} s; in brackets the lowest and the highest ratio. CPU is that of n8n's process, the execution after the answer included. Every answer has the status in the table, or the benchmark fails.`,
			`The community trigger is Lemon Squeezy's (${LEMON}), which signs a body of its own form; its API is played by the benchmark.`,
			table(throughput),
			'## Latency at half of that rate',
			table(latency),
			'## Memory',
			`Every tenth of ${SOAK_REQUESTS.toLocaleString('en')} requests, some nine forged to one accepted:`,
			table(memory),
		].join('\n\n'),
	);
}

/** Some nine forgeries to one event, as fast as they are answered; memory after each tenth. */
async function soak(
	trigger: Contestant | undefined,
	pid: number,
	report: (line: string) => void,
): Promise<Row[]> {
	if (trigger?.forged === undefined) throw new Error('There is no trigger to soak.');
	const rows: Row[] = [{ requests: 0, 'resident, MB': Math.round(memoryMegabytes(pid)) }];
	let sent = 0;
	for (let tenth = 1; tenth <= 10; tenth++) {
		while (sent < (SOAK_REQUESTS * tenth) / 10) {
			const [forged, accepted] = await Promise.all([
				load({ ...trigger.forged, connections: 50, seconds: 3 }),
				load({ ...trigger.accepted, connections: 1, seconds: 3 }),
			]);
			sent += forged.requests + accepted.requests;
		}
		await untilIdle([pid]);
		rows.push({ requests: sent, 'resident, MB': Math.round(memoryMegabytes(pid)) });
		report(`  ${sent} requests`);
	}
	return rows;
}

async function install({ client }: StartedN8n): Promise<Contestant[]> {
	const lemon = await client.createCredential('lemonSqueezyApi', { apiKey: 'none' });
	const secrets = { webhookSecret: SECRET };
	const order = JSON.stringify({
		meta: { event_name: 'order_created' },
		data: { id: '1', attributes: { note: 'x'.repeat(180) } },
	});
	const put = async ({ workflow, path }: Made) => (await activate(client, workflow, path)).url;
	const bare = await put(bareWebhook());
	const byHand = await put(builtByHand(SECRET));
	const lemonUrl = await put(lemonSqueezyTrigger(lemon, SECRET));
	const { url } = await activateWithSecrets(client, triggerWorkflow(), secrets);

	const signed = (at: string) => ({
		...{ url: at, body: BODY, headers: headersOf(BODY, SECRET), expects: 200 },
	});
	const forged = (at: string) => ({
		...{ url: at, body: BODY, headers: headersOf(BODY, FORGER), expects: 401 },
	});
	// It answers a forgery as it answers an event, and starts nothing.
	const lemonOrder = (secret: string) => ({
		...{ url: lemonUrl, body: order, expects: 200 },
		headers: {
			'content-type': 'application/json',
			'x-signature': createHmac('sha256', secret).update(order).digest('hex'),
		},
	});
	return [
		{ name: 'Bare Webhook', accepted: signed(bare) },
		{ name: 'KoeIQ Trigger', accepted: signed(url), forged: forged(url) },
		{ name: 'Built by hand', accepted: signed(byHand), forged: forged(byHand) },
		{
			name: 'Lemon Squeezy Trigger',
			accepted: lemonOrder(SECRET),
			forged: lemonOrder(FORGER),
		},
	];
}

/** Where Lemon Squeezy's trigger registers its URL. */
async function fakeLemonApi(): Promise<Server> {
	const server = createServer((request, response) => {
		response.setHeader('content-type', 'application/json');
		response.end(request.method === 'POST' ? '{"data":{"id":"1"}}' : '{"data":[]}');
	});
	await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
	return server;
}

/** Unpacks the published package; the address of its API is the one thing that is changed. */
async function fetchLemon(apiUrl: string): Promise<string> {
	const folder = mkdtempSync(join(tmpdir(), 'bench-lemon-'));
	await unpack(await pack(LEMON, folder), folder);
	const constants = join(folder, 'dist/nodes/LemonSqueezy/constants.js');
	writeFileSync(
		constants,
		readFileSync(constants, 'utf8').replace('https://api.lemonsqueezy.com/v1', apiUrl),
	);
	return folder;
}
