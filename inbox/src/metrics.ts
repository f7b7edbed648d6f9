import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';

import type { SignedWith } from '../../nodes/KoeIq/core/signature';
import { logSometimes } from './log';
import type { Outcome, Store, TargetOverview } from './store/store';

export interface Metrics {
	received(): void;
	/** @param reason one of those that it was made with: nothing that a sender chooses */
	refused(reason: string): void;
	/** A request of which the signature is right. */
	signed(secret: Signed): void;
	/** A request to the door was answered. @param seconds from its headers to the answer */
	answered(status: number, seconds: number): void;
	/** Has a target's metrics begin at 0. @param target its URL */
	started(target: string): void;
	/** @param target its URL */
	attempted(target: string, outcome: Outcome['state']): void;
	read(): Promise<{ contentType: string; text: string }>;
}

export type Signed = Exclude<SignedWith, 'none'>;

export interface MetricsOptions {
	store: Pick<Store, 'overview' | 'size'>;
	/** Every reason for a refusal. */
	reasons: readonly string[];
	/** Whether each current target takes events, by its URL. */
	targetsUp: () => ReadonlyMap<string, boolean>;
}

/** Prometheus waits for 10 s unless it is told otherwise, and takes an inbox that answers later for one that is down. */
const READ_TIMEOUT_MS = 5_000;
const SECRETS: readonly Signed[] = ['current', 'previous'];
const OUTCOMES: ReadonlyArray<Outcome['state']> = [
	...(['delivered', 'retrying', 'failed', 'deferred', 'released'] as const),
];
const STATUS_CLASSES = ['2xx', '4xx', '5xx'];
/** `_total` is for counters. */
const MISNAMED = ['handles', 'requests', 'resources'].map((what) => `nodejs_active_${what}_total`);

/** What Prometheus reads: counters of this process, and gauges of what the store holds. */
export function createMetrics({ store, reasons, targetsUp }: MetricsOptions): Metrics {
	const registry = new Registry();
	const named = (name: string, help: string) => ({ name, help, registers: [registry] });
	const ofTarget = (name: string, help: string) =>
		new Gauge({ ...named(name, help), labelNames: ['target'] });

	const received = new Counter(
		named(
			'koeiq_inbox_received_total',
			'Events that were stored and answered 200. One that comes again is not counted again.',
		),
	);
	const refused = new Counter({
		...named('koeiq_inbox_refused_total', 'Requests that were not answered 200.'),
		labelNames: ['reason'],
	});
	const signed = new Counter({
		...named(
			'koeiq_inbox_signed_total',
			'Requests with a valid signature, by secret. When "previous" no longer grows, the change of the secret is complete.',
		),
		labelNames: ['secret'],
	});
	const duration = new Histogram({
		...named(
			'koeiq_inbox_request_duration_seconds',
			'Time from the headers of a request to its answer, by the class of the status.',
		),
		labelNames: ['code'],
		buckets: [0.005, 0.025, 0.1, 0.5, 2.5, 10],
	});
	const delivered = new Counter({
		...named('koeiq_inbox_delivered_total', 'Events that a target has accepted.'),
		labelNames: ['target'],
	});
	const attempts = new Counter({
		...named(
			'koeiq_inbox_attempts_total',
			'Requests to a target, by outcome. "deferred" and "released" (the target is unavailable) use up no attempt of an event.',
		),
		labelNames: ['target', 'outcome'],
	});
	const targetUp = ofTarget(
		'koeiq_inbox_target_up',
		'1 if a current target accepts events, 0 if it is unavailable or rejects all of them.',
	);
	const pending = ofTarget(
		'koeiq_inbox_pending',
		'Events that wait for a target, also for one that is paused or has left. The label is empty while there is no target.',
	);
	const failed = ofTarget(
		'koeiq_inbox_failed',
		'Events whose retries have all failed. Somebody has to act.',
	);
	const oldest = ofTarget(
		'koeiq_inbox_oldest_pending_seconds',
		'Age of the oldest event that waits for a target, 0 if none does.',
	);
	const storeUp = new Gauge(
		named(
			'koeiq_inbox_store_up',
			'1 if the store can be read, else 0. While it is 0, the values of targets are the last known ones.',
		),
	);
	const bytes = new Gauge(named('koeiq_inbox_store_bytes', 'Size of the store on disk, in bytes.'));
	// Only SQLite knows its disk: a 0 for PostgreSQL would be an alarm.
	let freeBytes: Gauge | undefined;
	const setFree = (free: number | null) => {
		if (free === null) return;
		freeBytes ??= new Gauge(
			named(
				'koeiq_inbox_store_free_bytes',
				'Free space on the disk of a SQLite store, in bytes. Below INBOX_MIN_FREE_MB, new events are refused.',
			),
		);
		freeBytes.set(free);
	};

	collectDefaultMetrics({ register: registry });
	for (const name of MISNAMED) registry.removeSingleMetric(name);
	// So that a rate is right from the first on.
	for (const reason of reasons) refused.inc({ reason }, 0);
	for (const secret of SECRETS) signed.inc({ secret }, 0);
	for (const code of STATUS_CLASSES) duration.zero({ code });

	const show = (overview: readonly TargetOverview[]) => {
		// A target that has nothing left is gone from here.
		for (const one of [pending, failed, oldest]) one.reset();
		const ages = new Map<string, number>();
		for (const { url: target, counts, oldestPendingAt } of overview) {
			// Two targets can have one URL.
			pending.inc({ target }, counts.waiting + counts.retrying);
			failed.inc({ target }, counts.failed);
			const age = oldestPendingAt === null ? 0 : (Date.now() - oldestPendingAt) / 1000;
			ages.set(target, Math.max(0, age, ages.get(target) ?? 0));
		}
		for (const [target, age] of ages) oldest.set({ target }, age);
	};
	const read = shared(async () => {
		const [overview, size] = await Promise.all([store.overview(), store.size()]);
		show(overview);
		bytes.set(size.bytes);
		setFree(size.freeBytes);
	});

	return {
		received: () => {
			received.inc();
		},
		refused: (reason) => {
			refused.inc({ reason });
		},
		signed: (secret) => {
			signed.inc({ secret });
		},
		answered: (status, seconds) => {
			duration.observe({ code: `${Math.floor(status / 100)}xx` }, seconds);
		},
		started: (target) => {
			delivered.inc({ target }, 0);
			for (const outcome of OUTCOMES) attempts.inc({ target, outcome }, 0);
		},
		attempted: (target, outcome) => {
			attempts.inc({ target, outcome });
			if (outcome === 'delivered') delivered.inc({ target });
		},
		read: async () => {
			try {
				await within(READ_TIMEOUT_MS, read());
				storeUp.set(1);
			} catch (error) {
				storeUp.set(0);
				logSometimes('metrics', {}, `The store cannot be read: ${String(error)}`);
			}
			targetUp.reset();
			for (const [target, isUp] of targetsUp()) targetUp.set({ target }, isUp ? 1 : 0);
			return { contentType: registry.contentType, text: await registry.metrics() };
		},
	};
}

/** Work that is done once at a time: who comes meanwhile waits for the same. */
function shared(work: () => Promise<void>): () => Promise<void> {
	let working: Promise<void> | undefined;
	return async () => {
		working ??= work().finally(() => {
			working = undefined;
		});
		await working;
	};
}

async function within(milliseconds: number, work: Promise<void>): Promise<void> {
	let timer: NodeJS.Timeout | undefined;
	const late = new Promise<never>((_resolve, reject) => {
		timer = setTimeout(() => {
			reject(new Error(`no answer in ${milliseconds / 1000} s`));
		}, milliseconds);
	});
	try {
		await Promise.race([work, late]);
	} finally {
		clearTimeout(timer);
	}
}
