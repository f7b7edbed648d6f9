import { Counter, Gauge, Registry } from 'prom-client';

import type { Store } from './store/store';

export interface Metrics {
	received(): void;
	/** @param reason one of few: nothing that a sender chooses */
	refused(reason: string): void;
	delivered(target: string): void;
	read(): Promise<{ contentType: string; text: string }>;
}

/** What Prometheus reads: counters of this process, and gauges of what the store holds. */
export function createMetrics(store: Store, targets: readonly string[]): Metrics {
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
		help: 'Events that a target has taken.',
		labelNames: ['target'],
		registers: [...registers],
	});
	// So that a rate is right from the first on.
	for (const target of targets) delivered.inc({ target }, 0);

	const gauge = (name: string, help: string) =>
		new Gauge({ name, help, labelNames: ['target'], registers: [...registers] });
	const pending = gauge(
		'koeiq_inbox_pending',
		'Events that a target has yet to take. A target that is empty or has left INBOX_FORWARD_TO is here too.',
	);
	const parked = gauge(
		'koeiq_inbox_parked',
		'Events that a target has refused for the last time: somebody has to look.',
	);
	const oldest = gauge(
		'koeiq_inbox_oldest_pending_seconds',
		'Age of the oldest event that a target has yet to take; 0 if there is none.',
	);

	return {
		received: () => {
			received.inc();
		},
		refused: (reason) => {
			refused.inc({ reason });
		},
		delivered: (target) => {
			delivered.inc({ target });
		},
		read: async () => {
			// A target that has nothing left is gone from here.
			for (const one of [pending, parked, oldest]) one.reset();
			// Without the store the counters are still worth reading.
			for (const { target, counts, oldestPendingAt } of await store.overview().catch(() => [])) {
				pending.set({ target }, counts.waiting + counts.retrying);
				parked.set({ target }, counts.parked);
				const age = oldestPendingAt === null ? 0 : (Date.now() - oldestPendingAt) / 1000;
				oldest.set({ target }, Math.max(0, age));
			}
			return { contentType: registry.contentType, text: await registry.metrics() };
		},
	};
}
