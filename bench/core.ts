import { createHmac, timingSafeEqual } from 'node:crypto';

import type { IWebhookFunctions } from 'n8n-workflow';

// With its ending: without, tsx takes KoeIqTrigger.node.json.
import { KoeIqTrigger } from '../nodes/KoeIq/KoeIqTrigger.node.js';
import { sampleOf } from '../harness/koeiq/samples';
import { sign, SIGNATURE_HEADER } from '../harness/koeiq/sender';
import { KINDS, TYPE_VERSION } from '../harness/trigger';
import { compare, type Report } from './support/compare';
import { SECRET } from './support/load';

/* In one process: the node's whole webhook(), beside the least code that checks a signature and parses. */

const MILLISECONDS = 150;
const SIZES = { '291 B': 0, '16 KB': 16 * 1024, '1 MB': 1024 * 1024 };

export async function core(report: Report): Promise<void> {
	const trigger = new KoeIqTrigger();
	for (const [size, bytes] of Object.entries(SIZES)) {
		const body = makeBody(bytes);
		const signature = sign(SECRET, body);
		const forged = sign('another secret of a forger', body);
		const webhook = (claimed: string) => {
			const on = context(body, claimed);
			return () => trigger.webhook.call(on);
		};
		const { workflowData } = await webhook(signature)();
		if (workflowData === undefined) throw new Error('The trigger does not accept the event.');
		const runs: Record<string, () => unknown> = {
			floor: () => floor(body, signature),
			'KoeIQ Trigger, accepted': webhook(signature),
			'KoeIQ Trigger, forged': webhook(forged),
			'KoeIQ Trigger, malformed signature': webhook('sha256=nothing'),
		};
		await compare(
			{
				name: `core-${size.replace(' ', '-')}`,
				text: `# In process, ${size}\n\nThe floor is HMAC-SHA256, a compare in constant time, and JSON.parse. The larger bodies are Japanese text.`,
				rounds: 9,
				contenders: Object.entries(runs).map(([name, run]) => ({
					name,
					measure: async () => ({ 'µs a request': await microseconds(run) }),
				})),
			},
			report,
		);
	}
}

/** KoeIQ's analytics sample, its summary lengthened with Japanese text. */
function makeBody(bytes: number): Buffer {
	const sample = sampleOf('analytics.completed');
	const phrase = 'お客様は請求書の金額について問い合わせました。';
	const missing = Math.max(0, bytes - Buffer.byteLength(JSON.stringify(sample)));
	const times = Math.ceil(missing / Buffer.byteLength(phrase));
	sample.data.summary = `${sample.data.summary ?? ''}${phrase.repeat(times)}`;
	return Buffer.from(JSON.stringify(sample));
}

function floor(body: Buffer, signature: string): unknown {
	const digest = createHmac('sha256', SECRET).update(body).digest();
	return timingSafeEqual(digest, Buffer.from(signature.slice(7), 'hex'))
		? (JSON.parse(body.toString()) as unknown)
		: undefined;
}

/** As much of n8n's context as the node uses. */
function context(body: Buffer, signature: string): IWebhookFunctions {
	const request = {
		rawHeaders: [
			...['Host', 'n8n.example.com', 'Content-Type', 'application/json'],
			...['Content-Length', String(body.length), SIGNATURE_HEADER, signature],
		],
		rawBody: body,
		readRawBody: () => Promise.resolve(),
	};
	const response = { status: () => response, json: () => response };
	const parameters: Record<string, unknown> = { events: KINDS, outputMode: 'single' };
	const credentials = { webhookSecret: SECRET, previousWebhookSecret: '' };
	return {
		getRequestObject: () => request,
		getResponseObject: () => response,
		getCredentials: () => Promise.resolve(credentials),
		getNodeParameter: (name: string, fallback: unknown) => parameters[name] ?? fallback,
		getNode: () => ({ typeVersion: TYPE_VERSION }),
		getWebhookName: () => 'default',
		getWorkflow: () => ({ id: '1', name: 'bench', active: true }),
		logger: { warn: () => {}, error: console.error },
	} as unknown as IWebhookFunctions;
}

/** Mean of one run, over at least {@link MILLISECONDS}. */
async function microseconds(run: () => unknown): Promise<number> {
	const began = performance.now();
	let runs = 0;
	let elapsed = 0;
	while (elapsed < MILLISECONDS) {
		for (let i = 0; i < 16; i++) await run();
		runs += 16;
		elapsed = performance.now() - began;
	}
	return (elapsed * 1000) / runs;
}
