import { createHmac, timingSafeEqual } from 'node:crypto';

import type { IWebhookFunctions } from 'n8n-workflow';
import { Webhook as StandardWebhook } from 'standardwebhooks';
import Stripe from 'stripe';
import { Webhook as SvixWebhook } from 'svix';

import { KoeIqTrigger } from '../dist/nodes/KoeIq/KoeIqTrigger.node';
import { sign, SIGNATURE_HEADER } from '../harness/koeiq/sender';
import { sampleOf } from '../harness/koeiq/samples';
import { EVENTS } from '../nodes/KoeIq/core/events';
import { digits, publish, spread, table, type Row } from './support/results';
import { measureInRounds, type Contender } from './support/rounds';

/* In one process: the node's whole webhook(), beside the least that checks a signature and parses. */

const ROUNDS = 9;
const MILLISECONDS = 150;
const SECRET = 'the-secret-of-the-benchmark';
const SIZES: ReadonlyArray<readonly [string, number]> = [
	['291 B', 0],
	['16 KB', 16 * 1024],
	['1 MB', 1024 * 1024],
];

/** May return a promise. */
type Run = () => unknown;

export async function core(report: (line: string) => void): Promise<void> {
	const data: Record<string, unknown> = {};
	const rows: Row[] = [];
	for (const [size, bytes] of SIZES) {
		report(`core, ${size}`);
		const body = makeBody(bytes);
		const runs = await contenders(body);
		for (const [, run] of runs) await run();
		const figures = await measureInRounds(
			runs.map(([name, run]): Contender => ({ name, measure: () => microseconds(run) })),
			ROUNDS,
			report,
		);
		data[size] = figures;
		for (const { name, median, ratio } of figures) {
			rows.push({
				body: size,
				what: name,
				'µs a request': digits(median),
				'to the floor': spread(ratio),
			});
		}
	}
	publish(
		'core',
		data,
		`# In process\n\nMedian of ${ROUNDS} interleaved rounds, in brackets the lowest and the highest ratio. The floor is HMAC-SHA256, a compare in constant time, and JSON.parse. The larger bodies are Japanese text.\n\n${table(rows)}`,
	);
}

/** KoeIQ's analytics sample, its summary lengthened with Japanese text. */
function makeBody(bytes: number): Buffer {
	const sample = structuredClone(sampleOf('analytics.completed')) as { data: { summary: string } };
	const phrase = 'お客様は請求書の金額について問い合わせました。';
	const missing = bytes - Buffer.byteLength(JSON.stringify(sample));
	if (missing > 0)
		sample.data.summary += phrase.repeat(Math.ceil(missing / Buffer.byteLength(phrase)));
	return Buffer.from(JSON.stringify(sample));
}

async function contenders(body: Buffer): Promise<Array<readonly [string, Run]>> {
	// An ES module only.
	const octokit = await import('@octokit/webhooks-methods');
	const text = body.toString();
	const signature = sign(SECRET, body);
	const trigger = new KoeIqTrigger();
	const accepted = context(body, signature);
	const forged = context(body, sign('another secret of a forger', body));
	const malformed = context(body, 'sha256=nothing');

	const now = Math.floor(Date.now() / 1000);
	const standardSecret = Buffer.from(SECRET).toString('base64');
	const standard = new StandardWebhook(standardSecret);
	const standardHeaders = {
		'webhook-id': 'msg_1',
		'webhook-timestamp': String(now),
		'webhook-signature': standard.sign('msg_1', new Date(now * 1000), text),
	};
	const svix = new SvixWebhook(standardSecret);
	const svixHeaders = {
		'svix-id': 'msg_1',
		'svix-timestamp': String(now),
		'svix-signature': svix.sign('msg_1', new Date(now * 1000), text),
	};
	const stripe = new Stripe('sk_test_none');
	const stripeHeader = stripe.webhooks.generateTestHeaderString({ payload: text, secret: SECRET });

	return [
		['floor', () => floor(body, signature)],
		['KoeIQ Trigger, accepted', () => trigger.webhook.call(accepted)],
		['KoeIQ Trigger, forged', () => trigger.webhook.call(forged)],
		['KoeIQ Trigger, malformed signature', () => trigger.webhook.call(malformed)],
		[
			'@octokit/webhooks-methods',
			async () =>
				(await octokit.verify(SECRET, body.toString(), signature)) &&
				(JSON.parse(body.toString()) as unknown),
		],
		['stripe', () => stripe.webhooks.constructEvent(body, stripeHeader, SECRET, 100_000)],
		['standardwebhooks', () => standard.verify(body.toString(), standardHeaders)],
		['svix', () => svix.verify(body, svixHeaders)],
	];
}

function floor(body: Buffer, signature: string): unknown {
	const digest = createHmac('sha256', SECRET).update(body).digest();
	return timingSafeEqual(digest, Buffer.from(signature.slice(7), 'hex'))
		? JSON.parse(body.toString())
		: undefined;
}

/** The least of n8n that the node needs. */
function context(body: Buffer, signature: string): IWebhookFunctions {
	const request = {
		rawHeaders: [
			...['Host', 'n8n.example.com', 'Content-Type', 'application/json'],
			...['Content-Length', String(body.length), SIGNATURE_HEADER, signature],
		],
		rawBody: body,
		readRawBody: async () => {},
	};
	const response = { status: () => response, json: () => response };
	const parameters: Record<string, unknown> = {
		events: [...EVENTS.map(({ name }) => name), 'other'],
		outputMode: 'perEvent',
	};
	const credentials = { webhookSecret: SECRET, previousWebhookSecret: '' };
	return {
		getRequestObject: () => request,
		getResponseObject: () => response,
		getCredentials: async () => credentials,
		getNodeParameter: (name: string, fallback: unknown) => parameters[name] ?? fallback,
		getWorkflow: () => ({ id: '1', name: 'bench', active: true }),
		logger: { warn: () => {}, error: console.error },
	} as unknown as IWebhookFunctions;
}

/** Of one run, over at least {@link MILLISECONDS}. */
async function microseconds(run: Run): Promise<number> {
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
