import { log, logSometimes } from '../log';
import {
	RENEW_INTERVAL_MS,
	type Attempt,
	type Job,
	type Outcome,
	type Store,
	type Target,
} from '../store/store';
import type { Budget } from './budget';
import {
	DAMAGED,
	decide,
	describe,
	isInDoubt,
	NEW_TARGET,
	onArrival,
	onRegistration,
	placesIn,
	probed,
	type Reply,
	type TargetState,
} from './policy';
import type { TargetClient } from './target-client';

export interface WorkerOptions {
	store: Pick<Store, 'take' | 'body' | 'renew' | 'settle'>;
	target: Target;
	client: TargetClient;
	/** Memory for large bodies, shared by all workers. */
	budget: Budget;
	/** Requests under way at most. */
	concurrency: number;
	/** Milliseconds between the attempts of an event that the target refuses. */
	retryPauses: readonly number[];
	/** Milliseconds in which a workflow has to answer, while its n8n says that it lives. */
	answerTimeout: number;
	/** Called once the outcome of an attempt is stored. */
	onAttempt?: (outcome: Outcome['state']) => void;
}

/* All in milliseconds. */
/** How soon is noticed what another inbox has stored, or given back. */
const POLL_INTERVAL_MS = 1_000;
/** A workflow may run for minutes before it answers; meanwhile its n8n is asked now and then whether it lives. */
const ALIVE_INTERVAL_MS = 20_000;
const ALIVE_MISSES = 2;
const SETTLE_RETRY_MS = 1_000;
const TELL_INTERVAL_MS = 60_000;
/** A new event waits so long for a target that rejects every event. */
const HURRY_MS = 1_000;
/** How soon a target that is thought to be ready is asked again for who looks at it. */
const LOOK_INTERVAL_MS = 3_000;
/** Bodies up to this size are sent without a share of the budget. */
const SMALL_BODY = 256 * 1024;

/** What a target's worker knows of it. Times are in milliseconds since the epoch. */
export type WorkerStatus =
	/** It has not said anything yet. */
	| { state: 'starting'; since: number }
	/** `refusal`: how it has answered its last events, since it took one. `recoveredAt`: when it last ceased to do so, or to be away from who looks. */
	| { state: 'accepting'; since: number; refusal?: Refusal; recoveredAt?: number }
	/** `answer` in words; null if it is not known. `nextAt`: when it is asked again; null if only who looks asks. */
	| { state: 'unavailable'; since: number; answer: string | null; nextAt: number | null }
	/** It says that it is ready, and answers every event with `answer`. */
	| { state: 'rejecting'; since: number; answer: string; nextAt: number | null };

export interface Refusal {
	/** Of the first. */
	since: number;
	/** Of the last, in words. */
	answer: string;
}

interface Running {
	job: Job;
	abort: AbortController;
	done: Promise<void>;
	/** Which change of the target's state it was begun after. */
	epoch: number;
}

/** Hands the events of one target on: leases what is due, sends it, and settles what the policy decides. */
export class Worker {
	private state: TargetState = NEW_TARGET;
	/** Counts the changes between away, ready and rejecting. */
	private epoch = 0;
	private since = Date.now();
	private isAsked = false;
	private unavailableSince: number | undefined;
	private toldAt = -Infinity;
	private probing: Promise<void> | undefined;
	private nextProbeAt: number | null = null;
	/** What its GET said last in place of that it is ready. */
	private notReady: string | undefined;
	/** For who looks; delivery does not go by these. */
	private refusal: Refusal | undefined;
	private absence: Refusal | undefined;
	private recoveredAt: number | undefined;
	private looking: Promise<void> | undefined;
	private lookedAt = -Infinity;
	private readonly running = new Map<number, Running>();
	/** With one place, retries and new events take turns. */
	private wasRetry = false;
	/** When the next retry is due of those that this worker has settled. */
	private nextDueAt = Infinity;
	private readonly stopping = new AbortController();
	private wakeUp: () => void = () => {};
	/** Ends the pause before a target that rejects every event is asked again. */
	private hurry: () => void = () => {};
	private isHurried = false;
	private readonly working: Promise<void>;
	private readonly renewal: NodeJS.Timeout;

	constructor(private readonly options: WorkerOptions) {
		this.enter(NEW_TARGET);
		this.working = this.work();
		this.renewal = setInterval(() => void this.renew(), RENEW_INTERVAL_MS);
	}

	get status(): WorkerStatus {
		const { state, since, refusal, absence, recoveredAt, nextProbeAt: nextAt } = this;
		switch (state.name) {
			case 'ready':
				if (absence !== undefined) return { state: 'unavailable', ...absence, nextAt: null };
				return {
					...{ state: 'accepting', since },
					...(refusal && { refusal }),
					...(recoveredAt !== undefined && { recoveredAt }),
				};
			case 'rejecting':
				return {
					...{ state: 'rejecting', answer: state.answer, nextAt },
					since: refusal?.since ?? since,
				};
			case 'away':
				return this.isAsked
					? { state: 'unavailable', since, answer: this.notReady ?? state.answer, nextAt }
					: { state: 'starting', since };
		}
	}

	/** Asks a target that is thought to be ready whether it is there: n8n can have ended with no event on its way. */
	async look(): Promise<void> {
		const isRecent = performance.now() - this.lookedAt < LOOK_INTERVAL_MS;
		if (this.state.name !== 'ready' || isRecent || this.isStopping) return;
		this.looking ??= this.options.client
			.probe()
			.then(({ isReady, answer = '' }) => {
				this.lookedAt = performance.now();
				if (isReady && this.absence !== undefined) this.recoveredAt = Date.now();
				this.absence = isReady ? undefined : { since: this.absence?.since ?? Date.now(), answer };
			})
			.finally(() => {
				this.looking = undefined;
			});
		await this.looking;
	}

	/** There may be a new event. */
	wake(): void {
		this.state = onArrival(this.state);
		if (this.state.name === 'rejecting' && !this.isHurried) {
			this.isHurried = true;
			setTimeout(() => {
				this.isHurried = false;
				this.hurry();
			}, HURRY_MS).unref();
		}
		this.wakeUp();
	}

	/** The target has registered itself: it is asked at once, and then as often as a new one. */
	registered(): void {
		this.state = onRegistration(this.state);
		this.hurry();
	}

	/** Takes nothing new, and waits for what is under way: so many milliseconds at most, then gives it back. */
	async stop(milliseconds: number): Promise<void> {
		this.stopping.abort();
		this.wakeUp();
		await Promise.all([this.working, this.probing]);
		const ended = Promise.all([...this.running.values()].map(({ done }) => done));
		await Promise.race([
			ended,
			new Promise((resolve) => setTimeout(resolve, milliseconds).unref()),
		]);
		for (const { abort } of this.running.values()) abort.abort(new Error('the inbox is stopping'));
		await ended;
		clearInterval(this.renewal);
	}

	/** Leases and sends, whenever there is a free place. */
	private async work(): Promise<void> {
		const { store, target } = this.options;
		while (!this.isStopping) {
			const woken = new Promise<void>((resolve) => (this.wakeUp = resolve));
			const places = this.freePlaces();
			let taken = 0;
			try {
				const jobs = places > 0 ? await store.take(target.key, this.demand(places)) : [];
				taken = jobs.length;
				for (const job of jobs) {
					// A lease that ended while the store was away: what is under way here is not begun again.
					if (this.running.has(job.sequence)) continue;
					if (this.stopping.signal.aborted) await this.settle(job, { state: 'released' });
					else this.begin(job);
				}
			} catch (error) {
				logSometimes('take', { target: target.url }, `The store cannot be read: ${String(error)}`);
			}
			if (taken > 0 && taken === places) continue;
			const pause = Math.min(POLL_INTERVAL_MS, Math.max(0, this.nextDueAt - Date.now()));
			if (pause < POLL_INTERVAL_MS) this.nextDueAt = Infinity;
			const timer = setTimeout(this.wakeUp, pause);
			await woken;
			clearTimeout(timer);
		}
	}

	private freePlaces(): number {
		if (this.isStopping) return 0;
		const { concurrency } = this.options;
		const ofThisState = [...this.running.values()].filter(({ epoch }) => epoch === this.epoch);
		return Math.min(
			placesIn(this.state, concurrency) - ofThisState.length,
			concurrency - this.running.size,
		);
	}

	/** While new events wait, retries have at most half of the places, counting what is under way. */
	private demand(places: number): Parameters<Store['take']>[1] {
		const { concurrency } = this.options;
		const retrying = [...this.running.values()].filter(({ job }) => job.isRetry).length;
		const share = concurrency === 1 ? (this.wasRetry ? 0 : 1) : Math.floor(concurrency / 2);
		const retries = Math.max(0, Math.min(places, share - retrying));
		return this.state.name === 'rejecting'
			? { places, retries, order: this.state.turn }
			: { places, retries };
	}

	private begin(job: Job): void {
		const abort = new AbortController();
		const { epoch } = this;
		this.wasRetry = job.isRetry;
		const done = this.deliver(job, abort, epoch)
			.catch((error: unknown) => {
				log.error(
					{ event: job.id, target: job.target },
					`A delivery was interrupted: ${String(error)}`,
				);
			})
			.finally(() => {
				this.running.delete(job.sequence);
				this.wakeUp();
			});
		this.running.set(job.sequence, { job, abort, done, epoch });
	}

	private async deliver(job: Job, abort: AbortController, epoch: number): Promise<void> {
		const { store, budget, target } = this.options;
		const isLarge = job.size > SMALL_BODY;
		const giveBack = isLarge ? await budget.acquire(job.size) : () => {};
		let isHeld = true;
		const release = () => {
			if (isHeld) giveBack();
			isHeld = false;
		};
		try {
			const body = await this.whileStoreIsAway(() => store.body(job), 'An event cannot be read');
			if (body === STOPPED) return;
			if (body === undefined) {
				log.error(
					{ event: job.id, target: target.url },
					'An event has failed: it is damaged in the store.',
				);
				const attempt = {
					at: Date.now(),
					answer: DAMAGED,
					milliseconds: 0,
				};
				await this.settle(job, { state: 'failed' }, attempt);
				return;
			}
			await this.send(job, body, { abort, epoch, release });
		} finally {
			release();
		}
	}

	private async send(
		job: Job,
		body: Buffer,
		{ abort, epoch, release }: { abort: AbortController; epoch: number; release: () => void },
	): Promise<void> {
		const { client, retryPauses, onAttempt } = this.options;
		const at = Date.now();
		const began = performance.now();
		const watch = this.watch(abort);
		const { contentType, signature } = job;
		const answer = await client.post({ body, contentType, signature }, abort.signal, release);
		watch.stop();
		const reply: Reply =
			watch.isLate() && answer.kind === 'broken' ? { ...answer, kind: 'late' } : answer;
		const milliseconds = Math.round(performance.now() - began);
		if (this.isStopping && abort.signal.aborted) {
			await this.settle(job, { state: 'released' });
			onAttempt?.('released');
			return;
		}
		const isReady = isInDoubt(reply) && (await client.probe()).isReady;
		const isStale = epoch !== this.epoch;
		const { outcome, state } = decide({
			...{ reply, isReady, state: this.state, isStale, job, retryPauses },
			chance: Math.random(),
		});
		this.enter(state);
		this.noteRefusal(reply, outcome);
		const attempt =
			reply.kind === 'unreachable' ? undefined : { at, answer: describe(reply), milliseconds };
		if (outcome.state === 'failed') this.logFailure(job, reply);
		await this.settle(job, outcome, attempt);
		onAttempt?.(outcome.state);
	}

	private noteRefusal(reply: Reply, outcome: Outcome): void {
		if (outcome.state === 'delivered') {
			if (this.refusal !== undefined || this.absence !== undefined) this.recoveredAt = Date.now();
			this.refusal = this.absence = undefined;
		} else if (this.state.name !== 'away') {
			this.refusal = { since: this.refusal?.since ?? Date.now(), answer: describe(reply) };
		}
	}

	/** Gives a request up after the answer's time, or if its target, asked twice meanwhile, does not say ready: it hangs. */
	private watch(abort: AbortController): { stop: () => void; isLate: () => boolean } {
		const { client, answerTimeout } = this.options;
		let misses = 0;
		let isLate = false;
		const alive = setInterval(() => {
			void client.probe().then(({ isReady }) => {
				misses = isReady ? 0 : misses + 1;
				if (misses === ALIVE_MISSES) abort.abort(new Error('the target hangs'));
			});
		}, ALIVE_INTERVAL_MS);
		const late = setTimeout(() => {
			isLate = true;
			abort.abort(new Error(`no answer in ${answerTimeout / 1000} s`));
		}, answerTimeout);
		return {
			stop: () => {
				clearInterval(alive);
				clearTimeout(late);
			},
			isLate: () => isLate,
		};
	}

	/** Asks a target that is away, or rejects every event, until it says that it is ready. */
	private async probe(): Promise<void> {
		while (this.needsProbe() && !this.isStopping) {
			const { state } = this;
			const hurried = new Promise<void>((resolve) => (this.hurry = resolve));
			const pause = 'pause' in state ? state.pause : 0;
			this.nextProbeAt = Date.now() + pause;
			await Promise.race([this.nap(pause), hurried]);
			if (this.stopping.signal.aborted) return;
			const readiness = await this.options.client.probe();
			this.isAsked = true;
			this.notReady = readiness.answer;
			this.enter(probed(this.state, readiness));
			this.wakeUp();
		}
	}

	private needsProbe(): boolean {
		const { state } = this;
		return state.name === 'away' || (state.name === 'rejecting' && !state.mayTry);
	}

	private enter(state: TargetState): void {
		if (state.name !== this.state.name) {
			this.epoch += 1;
			this.since = (state.name === 'away' ? this.absence?.since : undefined) ?? Date.now();
			this.absence = this.recoveredAt = undefined;
			// What it says from here on is said by its GET first.
			if (state.name === 'away') this.refusal = this.notReady = undefined;
		}
		this.state = state;
		this.tell(state);
		this.startProbing();
	}

	private startProbing(): void {
		if (!this.needsProbe() || this.isStopping || this.probing !== undefined) return;
		this.probing = this.probe().finally(() => {
			this.probing = undefined;
			this.startProbing();
		});
	}

	/** Tells the operator once that the target is unavailable, and once that it takes events again. */
	private tell(state: TargetState): void {
		const { url } = this.options.target;
		if (state.name === 'ready') {
			if (!state.isProven || this.unavailableSince === undefined) return;
			const seconds = (performance.now() - this.unavailableSince) / 1000;
			this.unavailableSince = undefined;
			log.info({ target: url }, `Target available again after ${seconds.toFixed(1)} s: ${url}`);
			return;
		}
		if (state.answer === null || this.unavailableSince !== undefined) return;
		const now = performance.now();
		// One that goes back and forth fills no log.
		if (now - this.toldAt < TELL_INTERVAL_MS) return;
		this.toldAt = this.unavailableSince = now;
		const answer = state.answer.slice(0, 60);
		log.warn(
			{ target: url },
			state.name === 'away'
				? `Target unavailable (${answer}). Holding its events: ${url}`
				: `Target is ready, but rejects every event (${answer}). Holding its events: ${url}`,
		);
	}

	private logFailure({ id, attempts }: Job, reply: Reply): void {
		log.error(
			{ event: id, target: this.options.target.url },
			`Event ${id} has failed. All ${attempts + 1} attempts were refused, the last with ${reply.kind === 'answered' ? reply.status : reply.reason}. The event is still stored.`,
		);
	}

	private async settle(job: Job, outcome: Outcome, attempt?: Attempt): Promise<void> {
		if ('pause' in outcome) {
			this.nextDueAt = Math.min(this.nextDueAt, Date.now() + outcome.pause);
		}
		await this.whileStoreIsAway(
			() => this.options.store.settle(job, outcome, attempt),
			'The outcome of a delivery cannot be stored',
		);
	}

	/** What is not noted would be sent again, so this waits for the store. */
	private async whileStoreIsAway<Result>(
		work: () => Promise<Result>,
		problem: string,
	): Promise<Result | typeof STOPPED> {
		for (;;) {
			try {
				return await work();
			} catch (error) {
				logSometimes('settle', { target: this.options.target.url }, `${problem}: ${String(error)}`);
				if (this.isStopping) return STOPPED;
				await this.nap(SETTLE_RETRY_MS);
			}
		}
	}

	private async renew(): Promise<void> {
		const { store, target } = this.options;
		if (this.running.size === 0) return;
		await store.renew(target.key, [...this.running.keys()]).catch((error: unknown) => {
			logSometimes('renew', { target: target.url }, `Leases cannot be renewed: ${String(error)}`);
		});
	}

	private get isStopping(): boolean {
		return this.stopping.signal.aborted;
	}

	/** Shorter if the worker is stopped. */
	private async nap(milliseconds: number): Promise<void> {
		const { signal } = this.stopping;
		if (signal.aborted) return;
		await new Promise<void>((resolve) => {
			const end = () => {
				clearTimeout(timer);
				signal.removeEventListener('abort', end);
				resolve();
			};
			const timer = setTimeout(end, milliseconds);
			signal.addEventListener('abort', end);
		});
	}
}

const STOPPED = Symbol('stopped');
