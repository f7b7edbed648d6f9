import { createHmac, timingSafeEqual } from 'node:crypto';

import type { IWebhookFunctions, IWebhookResponseData } from 'n8n-workflow';
import { Webhook as StandardWebhook } from 'standardwebhooks';
import Stripe from 'stripe';
import { Webhook as SvixWebhook } from 'svix';

// With its ending: without, tsx takes KoeIqTrigger.node.json.
import { KoeIqTrigger } from '../nodes/KoeIq/KoeIqTrigger.node.js';
import { sampleOf } from '../harness/koeiq/samples';
import { sign, SIGNATURE_HEADER } from '../harness/koeiq/sender';
import { KINDS, TYPE_VERSION } from '../harness/trigger';
import { digits, publish, spread, table, type Row } from './support/results';
import { measureInRounds } from './support/rounds';

/* In one process: the node's whole webhook(), beside the least code that checks a signature and parses. */

const ROUNDS = 9;
const MILLISECONDS = 150;
const SECRET = 'the-secret-of-the-benchmark';
const SIZES: ReadonlyArray<readonly [string, number]> = [
	['291 B', 0],
	['16 KB', 16 * 1024],
	['1 MB', 1024 * 1024],
];

interface Runner {
	name: string;
	run: () => unknown;
	/** Checked once, before anything is measured. */
	isRight: (returned: unknown) => boolean;
}

export async function core(report: (line: string) => void): Promise<void> {
	const rows: Row[] = [];
	for (const [size, bytes] of SIZES) {
		report(`core, ${size}`);
		const runners = await contenders(makeBody(bytes));
		for (const { name, run, isRight } of runners) {
			if (!isRight(await run())) throw new Error(`${name} returned the wrong result.`);
		}
		const figures = await measureInRounds(
			runners.map(({ name, run }) => ({
				name,
				measure: async () => ({ microseconds: await microseconds(run) }),
			})),
			ROUNDS,
			report,
		);
		for (const [name, { microseconds: figure }] of Object.entries(figures)) {
			rows.push({
				body: size,
				what: name,
				'µs a request': digits(figure.median),
				'to the floor': spread(figure.ratio),
			});
		}
	}
	publish(
		'core',
		`# In process\n\nMedian of ${ROUNDS} interleaved rounds, in brackets the lowest and the highest ratio. The floor is HMAC-SHA256, a compare in constant time, and JSON.parse. The larger bodies are Japanese text.\n\n${table(rows)}`,
	);
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

async function contenders(body: Buffer): Promise<Runner[]> {
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

	const isEvent = (returned: unknown) => hasEvent(returned);
	const isAccepted = (returned: unknown) =>
		hasEvent((returned as IWebhookResponseData).workflowData?.[0]?.[0]?.json);
	const isRefused = (returned: unknown) =>
		(returned as IWebhookResponseData).noWebhookResponse === true;
	const koeIq = (name: string, on: IWebhookFunctions, isRight: Runner['isRight']) => ({
		name: `KoeIQ Trigger, ${name}`,
		run: () => trigger.webhook.call(on),
		isRight,
	});
	return [
		{ name: 'floor', run: () => floor(body, signature), isRight: isEvent },
		koeIq('accepted', accepted, isAccepted),
		koeIq('forged', forged, isRefused),
		koeIq('malformed signature', malformed, isRefused),
		{
			name: '@octokit/webhooks-methods',
			run: async () =>
				(await octokit.verify(SECRET, body.toString(), signature)) &&
				(JSON.parse(body.toString()) as unknown),
			isRight: isEvent,
		},
		{
			name: 'stripe',
			run: () => stripe.webhooks.constructEvent(body, stripeHeader, SECRET, 100_000),
			isRight: isEvent,
		},
		{
			name: 'standardwebhooks',
			run: () => standard.verify(body.toString(), standardHeaders),
			isRight: isEvent,
		},
		{ name: 'svix', run: () => svix.verify(body, svixHeaders), isRight: isEvent },
	];
}

function hasEvent(value: unknown): boolean {
	return (value as { event?: unknown } | undefined)?.event === 'analytics.completed';
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
	const parameters: Record<string, unknown> = {
		events: KINDS,
		outputMode: 'single',
	};
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
