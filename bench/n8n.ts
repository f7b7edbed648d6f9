import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { createHmac } from 'node:crypto';

import type { N8nClient } from '../harness/client';
import { sampleOf } from '../harness/koeiq/samples';
import { N8N_VERSION, startN8n, type StartedN8n } from '../harness/n8n';
import { LAZY_ISOLATES } from '../harness/n8n-settings';
import { pack, unpack } from '../harness/pack';
import { activate, activateWithSecrets, triggerWorkflow, type Activated } from '../harness/trigger';
import {
	cpuMilliseconds,
	headersOf,
	load,
	loadAtRate,
	memoryMegabytes,
	untilIdle,
} from './support/load';
import { digits, publish, spread, table, type Row } from './support/results';
import { measureInRounds, summary } from './support/rounds';
import { bareWebhook, builtByHand, lemonSqueezyTrigger, type Made } from './support/workflows';

/* One n8n process on SQLite: the trigger beside no check at all, n8n's own nodes, and another community trigger. */

const ROUNDS = 5;
const SECONDS = 4;
const CONNECTIONS = 10;
const SOAK_REQUESTS = Number(process.env.SOAK_REQUESTS ?? 100_000);
const SECRET = 'the-secret-of-the-benchmark';
const LEMON = 'n8n-nodes-lemonsqueezy@2.0.0';

const BODY = JSON.stringify(sampleOf('analytics.completed'));

interface Contestant extends Requests {
	name: string;
	url: string;
}

interface Requests {
	accepted: Record<string, string>;
	/** None where anybody gets in. */
	forged?: Record<string, string>;
	body: string;
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
	const pid = await host.pid();
	for (const { url, body, accepted } of contestants) {
		await load({ url, body, headers: accepted, connections: CONNECTIONS, seconds: 3 });
		await untilIdle([pid]);
	}

	const cpu = new Map<string, number[]>();
	const statuses = new Map<string, Record<string, number>>();
	const measure = (name: string, url: string, body: string, headers: Record<string, string>) => ({
		name,
		measure: async () => {
			const before = cpuMilliseconds(pid);
			const answered = await load({
				url,
				body,
				headers,
				connections: CONNECTIONS,
				seconds: SECONDS,
			});
			await untilIdle([pid]);
			cpu.set(name, [
				...(cpu.get(name) ?? []),
				(cpuMilliseconds(pid) - before) / answered.requests,
			]);
			statuses.set(name, answered.statuses);
			return answered.perSecond;
		},
	});
	report('n8n, throughput');
	const figures = await measureInRounds(
		[
			...contestants.map(({ name, url, body, accepted }) =>
				measure(`${name}, accepted`, url, body, accepted),
			),
			...contestants.flatMap(({ name, url, body, forged }) =>
				forged === undefined ? [] : [measure(`${name}, forged`, url, body, forged)],
			),
		],
		ROUNDS,
		report,
	);
	const byHand = figures.find(({ name }) => name === 'Built by hand, accepted');
	const byHandForged = figures.find(({ name }) => name === 'Built by hand, forged');
	const throughput: Row[] = figures.map(({ name, median, ratio }) => ({
		what: name,
		'requests/s': digits(median),
		'to the bare Webhook': spread(ratio),
		'to the same by hand': digits(
			median / ((name.endsWith('forged') ? byHandForged : byHand)?.median ?? NaN),
		),
		'CPU, ms a request': digits(summary(cpu.get(name) ?? []).median),
		answers: Object.entries(statuses.get(name) ?? {})
			.map(([status, count]) => `${status} × ${count}`)
			.join(', '),
	}));

	report('n8n, latency at half of that rate');
	const latency: Row[] = [];
	for (const { name, url, body, accepted } of contestants) {
		const most = figures.find((figure) => figure.name === `${name}, accepted`)?.median ?? 10;
		const rate = Math.max(1, Math.round(most / 2));
		const { latency: milliseconds } = await loadAtRate(
			{ url, body, headers: accepted, seconds: 15 },
			rate,
		);
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
		{
			version: N8N_VERSION,
			env: LAZY_ISOLATES,
			figures,
			cpu: Object.fromEntries(cpu),
			latency,
			memory,
		},
		[
			'# In n8n',
			`n8n ${N8N_VERSION}, one process, SQLite, \`N8N_EXPRESSION_ENGINE_LAZY_ACQUIRE=true\`; ${CONNECTIONS} connections, ${BODY.length} bytes. Median of ${ROUNDS} interleaved rounds of ${SECONDS} s; in brackets the lowest and the highest ratio. CPU is that of n8n's process, the execution after the answer included.`,
			`The community trigger is Lemon Squeezy's (${LEMON}), which signs a body of its own form; its API is played by the benchmark.`,
			table(throughput),
			'## Latency at half of that rate',
			table(latency),
			'## Memory',
			`Every tenth of ${SOAK_REQUESTS} requests, nine forged to one accepted:`,
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
	if (trigger === undefined) return [];
	const rows: Row[] = [{ requests: 0, 'resident, MB': Math.round(memoryMegabytes(pid)) }];
	let sent = 0;
	for (let tenth = 1; tenth <= 10; tenth++) {
		const wanted = (SOAK_REQUESTS * tenth) / 10;
		while (sent < wanted) {
			const base = { url: trigger.url, body: trigger.body, connections: 50, seconds: 5 };
			const [forged, accepted] = await Promise.all([
				load({ ...base, headers: trigger.forged ?? {} }),
				load({ ...base, headers: trigger.accepted, connections: 1 }),
			]);
			sent += forged.requests + accepted.requests;
		}
		await untilIdle([pid]);
		rows.push({ requests: sent, 'resident, MB': Math.round(memoryMegabytes(pid)) });
		report(`  ${sent} requests`);
	}
	return rows;
}

async function install(host: StartedN8n): Promise<Contestant[]> {
	const { client } = host;
	const lemon = await client.createCredential('lemonSqueezyApi', { apiKey: 'none' });
	const signed = headersOf(BODY, SECRET);
	const forged = headersOf(BODY, 'the-secret-of-a-forger');
	const order = JSON.stringify({
		meta: { event_name: 'order_created' },
		data: { id: '1', attributes: { note: 'x'.repeat(180) } },
	});
	const lemonHeaders = (secret: string) => ({
		'content-type': 'application/json',
		'x-signature': createHmac('sha256', secret).update(order).digest('hex'),
	});
	const lemonTrigger = lemonSqueezyTrigger(lemon, SECRET);
	const started = async (name: string, active: Promise<Activated>, requests: Requests) => ({
		name,
		url: (await active).url,
		...requests,
	});
	const checked = { body: BODY, accepted: signed, forged };
	return [
		await started('Bare Webhook', put(client, bareWebhook()), { body: BODY, accepted: signed }),
		await started(
			'KoeIQ Trigger',
			activateWithSecrets(client, triggerWorkflow(), { webhookSecret: SECRET }),
			checked,
		),
		await started('Built by hand', put(client, builtByHand(SECRET)), checked),
		await started('Lemon Squeezy Trigger', put(client, lemonTrigger), {
			body: order,
			accepted: lemonHeaders(SECRET),
			forged: lemonHeaders('the-secret-of-a-forger'),
		}),
	];
}

async function put(client: N8nClient, { workflow, path }: Made): Promise<Activated> {
	return await activate(client, workflow, path);
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
