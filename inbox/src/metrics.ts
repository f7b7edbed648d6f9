import { Counter, Gauge, Registry } from 'prom-client';

import { logSometimes } from './log';
import type { Store } from './store/store';

export interface Metrics {
	received(): void;
	/** @param reason one of those that it was made with: nothing that a sender chooses */
	refused(reason: string): void;
	/** Has a target's metrics begin at 0. @param target its URL */
	started(target: string): void;
	/** @param target its URL */
	delivered(target: string): void;
	read(): Promise<{ contentType: string; text: string }>;
}

export interface MetricsOptions {
	store: Store;
	/** Every reason for a refusal. */
	reasons: readonly string[];
}

/** What Prometheus reads: counters of this process, and gauges of what the store holds. */
export function createMetrics({ store, reasons }: MetricsOptions): Metrics {
	const registers = [new Registry()] as const;
	const [registry] = registers;
	const received = new Counter({
		name: 'koeiq_inbox_received_total',
		help: 'Events that were stored and answered 200. One that comes again is not counted again.',
		registers: [...registers],
	});
	const refused = new Counter({
		name: 'koeiq_inbox_refused_total',
		help: 'Requests that were answered anything else.',
		labelNames: ['reason'],
		registers: [...registers],
	});
	const delivered = new Counter({
		name: 'koeiq_inbox_delivered_total',
		help: 'Events that a target has accepted.',
		labelNames: ['target'],
		registers: [...registers],
	});
	// So that a rate is right from the first on.
	for (const reason of reasons) refused.inc({ reason }, 0);

	const gauge = (name: string, help: string) =>
		new Gauge({ name, help, labelNames: ['target'], registers: [...registers] });
	const pending = gauge(
		'koeiq_inbox_pending',
		'Events that a target has yet to accept. Events without a target have an empty label; a target that is paused or has left is here too.',
	);
	const failed = gauge(
		'koeiq_inbox_failed',
		'Events that a target has refused for the last time: somebody has to look.',
	);
	const oldest = gauge(
		'koeiq_inbox_oldest_pending_seconds',
		'Age of the oldest event that a target has yet to accept; 0 if there is none.',
	);
	const storeUp = new Gauge({
		name: 'koeiq_inbox_store_up',
		help: '1 if the store can be read, else 0: the gauges of the targets are then those of the last time.',
		registers: [...registers],
	});

	return {
		received: () => {
			received.inc();
		},
		refused: (reason) => {
			refused.inc({ reason });
		},
		started: (target) => {
			delivered.inc({ target }, 0);
		},
		delivered: (target) => {
			delivered.inc({ target });
		},
		read: async () => {
			try {
				const overview = await store.overview();
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
				storeUp.set(1);
			} catch (error) {
				storeUp.set(0);
				logSometimes('metrics', {}, `The store cannot be read: ${String(error)}`);
			}
			return { contentType: registry.contentType, text: await registry.metrics() };
		},
	};
}
