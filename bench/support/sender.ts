import autocannon from 'autocannon';

import { sampleOf } from '../../harness/koeiq/samples';
import { signed, type Answered, type Load, type SignedRequest } from './load';

/* The process that sends: its parent gives it one load, and gets what came back. */

const ANSWER_TIMEOUT_SECONDS = 30;

process.once('message', (wanted: Load) => {
	void answer(wanted);
});

async function answer(wanted: Load): Promise<void> {
	const result = await send(wanted).catch((error: unknown) => ({ problem: String(error) }));
	process.send?.(result, () => {
		process.disconnect();
	});
}

async function send(wanted: Load): Promise<Answered | { problem: string }> {
	const { url, requests, connections, content, expects } = wanted;
	const share = Math.ceil(requests / connections);
	const prepared = Array.from({ length: connections }, (_, connection) =>
		'secret' in content ? events(content.secret, connection, share) : [content],
	);
	const latencies: number[] = [];
	const statuses: Record<number, number> = {};
	let ended = 0;
	const began = Date.now();
	const { errors } = await autocannon({
		...{ url, method: 'POST', connections, amount: requests, timeout: ANSWER_TIMEOUT_SECONDS },
		// How often it looks whether it is done, in milliseconds.
		sampleInt: 100,
		setupClient: (client) => {
			client.setRequests(prepared.pop() ?? []);
			client.on('response', (status, _bytes, milliseconds) => {
				ended = Date.now();
				latencies.push(milliseconds);
				statuses[status] = (statuses[status] ?? 0) + 1;
			});
		},
	});

	if (errors > 0 || statuses[expects] !== requests) {
		const seen = JSON.stringify(statuses);
		return { problem: `${requests} requests: ${errors} errors, answers by status ${seen}` };
	}
	latencies.sort((a, b) => a - b);
	const percentile = (share: number) => latencies[Math.floor(latencies.length * share)] ?? NaN;
	return {
		...{ began, ended, perSecond: (requests * 1000) / (ended - began) },
		...{ p50: percentile(0.5), p99: percentile(0.99) },
	};
}

/** Events that no other is like. */
function events(secret: string, connection: number, count: number): SignedRequest[] {
	return Array.from({ length: count }, (_, index) => {
		const sample = sampleOf('analytics.completed');
		const id = `${Date.now()}_${process.pid}_${connection}_${index}`;
		Object.assign(sample.data, { voicelog_id: `vl_${id}`, call_id: `CALL-${id}` });
		return signed(JSON.stringify(sample), secret);
	});
}
