import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { sampleOf } from '../harness/koeiq/samples';
import { N8N_VERSION, startN8n } from '../harness/n8n';
import { LAZY_ISOLATES } from '../harness/n8n-settings';
import { activateWithSecrets, triggerWorkflow } from '../harness/trigger';
import { headersOf, loadAtRate } from './support/load';
import { digits, publish, table } from './support/results';

/* Where the time of one accepted event goes in n8n: V8's own CPU profile, added up by whose code it is. */

const RATE = 30;
const SECONDS = 30;
const SECRET = 'the-secret-of-the-benchmark';
const BODY = JSON.stringify(sampleOf('analytics.completed'));

/** Of V8's format: samples are ids of nodes, time deltas are in microseconds. */
interface Profile {
	nodes: Array<{
		id: number;
		callFrame: { functionName: string; url: string };
		children?: number[];
	}>;
	samples: number[];
	timeDeltas: number[];
}

/** The first that fits the innermost frame of any file wins. */
const OWNERS: ReadonlyArray<readonly [string, RegExp]> = [
	['this package', /n8n-nodes-koeiq\/dist/],
	['database: TypeORM and SQLite', /typeorm|sqlite|@n8n\/db/],
	['expressions and isolates', /isolated-vm|expression-runtime|tournament|expression/],
	[
		'HTTP: Express, body and headers',
		/express|body-parser|raw-body|router|finalhandler|node:(_?http|net|internal\/streams|zlib)|helmet|compression|cookie/,
	],
	['running the workflow: n8n-core and n8n-workflow', /n8n-core|n8n-workflow|flatted/],
	[
		'logging, events and telemetry',
		/winston|logform|opentelemetry|sentry|posthog|rudder|prom-client|events?[/-]/,
	],
	['the rest of n8n', /\/n8n\/|@n8n\//],
	['Node.js itself', /^node:/],
];

export async function profile(report: (line: string) => void): Promise<void> {
	const folder = mkdtempSync(join(tmpdir(), 'koeiq-profile-'));
	try {
		const host = await startN8n({
			env: LAZY_ISOLATES,
			nodeArguments: ['--cpu-prof', `--cpu-prof-dir=${folder}`],
			report,
		});
		let pid = NaN;
		let requests = 0;
		try {
			pid = host.pid();
			const secrets = { webhookSecret: SECRET };
			const { url } = await activateWithSecrets(host.client, triggerWorkflow(), secrets);
			report('profile, with load');
			const wanted = {
				url,
				body: BODY,
				headers: headersOf(BODY, SECRET),
				expects: 200,
				seconds: SECONDS,
			};
			({ requests } = await loadAtRate(wanted, RATE));
			await host.kill('SIGTERM');
		} finally {
			await host.stop();
		}
		const file = readdirSync(folder).find((name) => name.includes(`.${pid}.0.`));
		if (file === undefined) throw new Error('n8n wrote no profile.');
		const read = JSON.parse(readFileSync(join(folder, file), 'utf8')) as Profile;
		const { byOwner, ours } = split(read, SECONDS * 1e6);
		const total = [...byOwner.values()].reduce((sum, time) => sum + time, 0);
		const rows = [...byOwner]
			.sort(([, a], [, b]) => b - a)
			.map(([owner, time]) => ({
				'whose code': owner,
				'ms a request': digits(time / 1000 / requests),
				share: `${digits((time / total) * 100)} %`,
			}));
		publish(
			'profile',
			{ version: N8N_VERSION, requests, microseconds: Object.fromEntries(byOwner), ours },
			`# Where an accepted event's time goes\n\nn8n ${N8N_VERSION}, one process, SQLite, \`N8N_EXPRESSION_ENGINE_LAZY_ACQUIRE=true\`, ${RATE} accepted events a second for ${SECONDS} s under \`--cpu-prof\`, which slows it somewhat. Idle time is left out; the execution after the answer is in.\n\n${table(rows)}\n\nIn this package and all that it calls, n8n's reading of the body, the parameters and the credential included: ${digits(ours / 1000 / requests)} ms, ${digits((ours / total) * 100)} %.`,
		);
	} finally {
		rmSync(folder, { recursive: true, force: true });
	}
}

/** @returns microseconds by owner, and of everything that this package called, in the last `window` microseconds */
function split(
	{ nodes, samples, timeDeltas }: Profile,
	window: number,
): { byOwner: Map<string, number>; ours: number } {
	const byId = new Map(nodes.map((node) => [node.id, node]));
	const parents = new Map(nodes.flatMap(({ id, children = [] }) => children.map((c) => [c, id])));
	const stack = (id: number) => {
		const frames = [];
		for (let at: number | undefined = id; at !== undefined; at = parents.get(at)) {
			const frame = byId.get(at)?.callFrame;
			if (frame !== undefined) frames.push(frame);
		}
		return frames;
	};
	const known = new Map<number, { owner: string | undefined; isOurs: boolean }>();
	const judge = (id: number) => {
		const found = known.get(id);
		if (found !== undefined) return found;
		const frames = stack(id);
		const functionName = frames[0]?.functionName ?? '';
		const isOurs = frames.some(({ url }) => /n8n-nodes-koeiq\/dist/.test(url));
		const owner =
			functionName === '(idle)'
				? undefined
				: functionName === '(garbage collector)' || functionName === '(program)'
					? functionName
					: ownerOf(frames.map(({ url }) => url).find((url) => url !== '') ?? '');
		const judged = { owner, isOurs };
		known.set(id, judged);
		return judged;
	};
	const byOwner = new Map<string, number>();
	let ours = 0;
	let left = window;
	for (let i = samples.length - 1; i >= 0 && left > 0; i--) {
		const time = timeDeltas[i] ?? 0;
		left -= time;
		const { owner, isOurs } = judge(samples[i] ?? 0);
		if (owner === undefined) continue;
		byOwner.set(owner, (byOwner.get(owner) ?? 0) + time);
		if (isOurs) ours += time;
	}
	return { byOwner, ours };
}

function ownerOf(url: string): string {
	return OWNERS.find(([, pattern]) => pattern.test(url))?.[0] ?? 'other libraries';
}
