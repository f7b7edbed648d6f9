import { setTimeout as sleep } from 'node:timers/promises';

import { forward, isReady, type Reply } from './forward';
import { log, logSometimes } from './log';
import type { Metrics } from './metrics';
import type { Consignment, Outcome, Store } from './store/store';

export interface CourierOptions {
	store: Store;
	metrics: Metrics;
	target: string;
	/** Requests under way at most. */
	concurrency: number;
	/** Milliseconds between the attempts of an event that the target refuses. */
	retryPauses: readonly number[];
}

/* All in milliseconds. */
const FIRST_ASKED_AFTER = 500;
const LAST_ASKED_AFTER = 30_000;
const ASKED_LATER_BY = 1.5;
/** How soon a retry that is due, or what another inbox has stored, is noticed. */
const LOOK_AGAIN_AFTER = 1_000;
/** A workflow may run for minutes before it answers; meanwhile its n8n is asked now and then whether it lives. */
const ANSWER_TIMEOUT = 300_000;
const CHECKED_EVERY = 20_000;
/**
 * What gets no answer so often, though its target said just before that it is ready, lets others go first for a while:
 * it may be what makes n8n fall over.
 */
const SILENT_TIMES = 6;
const FIRST_DEFERRED_BY = 10_000;
const LAST_DEFERRED_BY = 3_600_000;
/** A pause is this much longer at most, by chance, so that what failed together is not tried together. */
const JITTER = 0.1;

/**
 * Hands the events of one target on. While the target is away, it is asked by GET and no event is sent; after that one
 * event goes first, and the others follow once it is through: a GET may say ready where a POST still gets a 404.
 */
export class Courier {
	private readonly underWay = new Map<Promise<void>, AbortController>();
	private readonly stopping = new AbortController();
	/** Milliseconds until the target is asked again; undefined while it takes events. */
	private askAfter: number | undefined;
	/** It is away, and has said since that it is ready: the next event is sent. */
	private hasSaidReady = false;
	private awaySince = 0;
	/** How often events, by their sequence, got no answer from a target that had said that it is ready. */
	private readonly silences = new Map<number, number>();
	private wakeUp: () => void = () => {};
	private readonly running: Promise<void>;

	constructor(private readonly options: CourierOptions) {
		this.running = this.run();
	}

	/** There may be something to do. */
	wake(): void {
		this.wakeUp();
	}

	/** Takes nothing new, and waits for what is under way: so many milliseconds at most, then gives it back. */
	async stop(milliseconds: number): Promise<void> {
		this.stopping.abort();
		this.wake();
		await this.running;
		const ended = Promise.all(this.underWay.keys());
		await Promise.race([ended, sleep(milliseconds, undefined, { ref: false })]);
		for (const abort of this.underWay.values()) abort.abort();
		await ended;
	}

	private async run(): Promise<void> {
		const { store, target, concurrency } = this.options;
		while (!this.stopping.signal.aborted) {
			const woken = new Promise<void>((resolve) => (this.wakeUp = resolve));
			try {
				const mayBeAsked = this.askAfter !== undefined && !this.hasSaidReady;
				if (mayBeAsked && this.underWay.size === 0) await this.untilReady();
				const most = this.askAfter === undefined ? concurrency : 1;
				const free = this.isStopping() ? 0 : most - this.underWay.size;
				const taken = free > 0 ? await store.take(target, free) : [];
				for (const consignment of taken) this.send(consignment);
				if (taken.length > 0 && taken.length === free) continue;
			} catch (error) {
				logSometimes('take', {}, `The store cannot be read: ${String(error)}`);
			}
			const timer = setTimeout(this.wakeUp, LOOK_AGAIN_AFTER);
			await woken;
			clearTimeout(timer);
		}
	}

	private send(consignment: Consignment): void {
		const abort = new AbortController();
		const sending = this.deliver(consignment, abort).finally(() => {
			this.underWay.delete(sending);
			this.wake();
		});
		this.underWay.set(sending, abort);
	}

	private async deliver(consignment: Consignment, abort: AbortController): Promise<void> {
		const { target, metrics } = this.options;
		const isFirst = this.askAfter !== undefined;
		const began = performance.now();
		const watching = this.watch(abort);
		const reply = await forward(target, consignment, abort.signal);
		clearInterval(watching);
		const isAway =
			reply.meaning === 'away' ||
			reply.meaning === 'silent' ||
			(reply.meaning === 'refused' && !(await isReady(target)));
		if (isAway) {
			this.noteAway(reply);
			// Whoever gave up: fetch does after as long.
			const isLate = performance.now() - began > ANSWER_TIMEOUT - CHECKED_EVERY;
			if (reply.meaning === 'silent' && (isFirst || isLate)) this.noteSilence(consignment, isLate);
			await this.settle(consignment, this.postponed(consignment, reply));
			return;
		}
		this.silences.delete(consignment.sequence);
		this.noteBack();
		await this.settle(consignment, this.outcome(consignment, reply));
		if (reply.meaning === 'delivered') metrics.delivered(target);
	}

	private outcome({ id, attempts }: Consignment, { answer, meaning }: Reply): Outcome {
		if (meaning === 'delivered') return { state: 'delivered', answer };
		const pause = this.options.retryPauses[attempts];
		if (pause === undefined) {
			log.error(
				{ event: id, target: this.options.target },
				`Parked event ${id}: ${this.options.target} refused it ${attempts + 1} times, at last with ${answer.slice(0, 3)}.`,
			);
			return { state: 'parked', answer };
		}
		return { state: 'retrying', answer, pause: pause * (1 + Math.random() * JITTER) };
	}

	private noteSilence({ sequence }: Consignment, isLate: boolean): void {
		const times = (this.silences.get(sequence) ?? 0) + 1;
		this.silences.set(sequence, isLate ? Math.max(times, SILENT_TIMES) : times);
	}

	private postponed({ sequence }: Consignment, { answer, meaning }: Reply): Outcome {
		const more = (this.silences.get(sequence) ?? 0) - SILENT_TIMES;
		if (meaning !== 'silent' || more < 0 || this.isStopping()) return { state: 'untried' };
		const pause = Math.min(FIRST_DEFERRED_BY * 2 ** more, LAST_DEFERRED_BY);
		return { state: 'deferred', answer, pause };
	}

	/** What is not noted would be sent again, so this waits for the store. */
	private async settle(consignment: Consignment, outcome: Outcome): Promise<void> {
		for (;;) {
			try {
				await this.options.store.settle(consignment, outcome);
				return;
			} catch (error) {
				logSometimes('settle', {}, `What became of an event cannot be stored: ${String(error)}`);
				if (this.isStopping()) return;
				await this.nap(LOOK_AGAIN_AFTER);
			}
		}
	}

	/** Gives a request up after {@link ANSWER_TIMEOUT}, or if its target, asked twice meanwhile, does not answer: it hangs. */
	private watch(abort: AbortController): NodeJS.Timeout {
		let silent = 0;
		let waited = 0;
		return setInterval(() => {
			waited += CHECKED_EVERY;
			if (waited >= ANSWER_TIMEOUT) abort.abort(new Error('no answer in time'));
			void isReady(this.options.target).then((ready) => {
				silent = ready ? 0 : silent + 1;
				if (silent === 2) abort.abort(new Error('the target hangs'));
			});
		}, CHECKED_EVERY);
	}

	private noteAway({ answer }: Reply): void {
		this.hasSaidReady = false;
		if (this.askAfter !== undefined || this.isStopping()) return;
		this.askAfter = FIRST_ASKED_AFTER;
		this.awaySince = performance.now();
		log.warn(
			{ target: this.options.target },
			`${this.options.target} is away (${answer.slice(0, 80)}): its events wait.`,
		);
	}

	private noteBack(): void {
		if (this.askAfter === undefined) return;
		this.askAfter = undefined;
		const seconds = (performance.now() - this.awaySince) / 1000;
		log.info(
			{ target: this.options.target },
			`${this.options.target} takes events again, after ${seconds.toFixed(1)} s.`,
		);
	}

	private async untilReady(): Promise<void> {
		for (let ready = false; !ready && !this.isStopping();) {
			await this.nap(this.askAfter ?? 0);
			this.askAfter = Math.min((this.askAfter ?? 0) * ASKED_LATER_BY, LAST_ASKED_AFTER);
			ready = !this.isStopping() && (await isReady(this.options.target));
			this.hasSaidReady = ready;
		}
	}

	private isStopping(): boolean {
		return this.stopping.signal.aborted;
	}

	private async nap(milliseconds: number): Promise<void> {
		await sleep(milliseconds, undefined, { signal: this.stopping.signal }).catch(() => {});
	}
}
