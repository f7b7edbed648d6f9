import { logSometimes } from '../log';
import type { Store } from '../store/store';
import { describe, meaningOf } from './policy';
import type { TargetClient } from './target-client';

export interface ListenersOptions {
	store: Pick<Store, 'search' | 'find' | 'arrivals'>;
	createClient: (url: string) => TargetClient;
}

/** What a workflow that is being built wants to get once. */
export interface Listening {
	/** The trigger's Test URL. */
	url: string;
	/** Whether the latest stored event is sent at once. */
	replay: 'latest' | 'none';
	/** How long it listens. */
	milliseconds: number;
}

/** How many stored events are tried. */
const MAX_REPLAYED = 200;
/** How soon is noticed what another inbox has stored. */
const POLL_INTERVAL_MS = 1_000;
const ANSWER_TIMEOUT_MS = 30_000;
const PAGE = 100;
/** Of two that are stored at once, the one with the smaller sequence can come to be seen later. */
const LOOK_BACK = 50;

/** Workflows that wait for an event while they are built. In memory: a test does not outlive the inbox. */
export class Listeners {
	private readonly listening = new Map<string, Listener>();

	constructor(private readonly options: ListenersOptions) {}

	/**
	 * Listens in place of whatever this key listened with before.
	 *
	 * @param signal aborted if whoever asked is gone before the answer
	 * @returns the id of the stored event that was taken; null if there was none, and it waits for the next one
	 */
	async start(key: string, listening: Listening, signal: AbortSignal): Promise<string | null> {
		this.end(key);
		const listener = new Listener(this.options, listening, () => {
			if (this.listening.get(key) === listener) this.listening.delete(key);
		});
		this.listening.set(key, listener);
		const end = () => {
			listener.end();
		};
		signal.addEventListener('abort', end);
		try {
			return await listener.start();
		} catch (error) {
			listener.end();
			throw error;
		} finally {
			signal.removeEventListener('abort', end);
		}
	}

	/** @returns whether there was one */
	end(key: string): boolean {
		const listener = this.listening.get(key);
		listener?.end();
		return listener !== undefined;
	}

	/** There may be a new event. */
	wake(): void {
		for (const listener of this.listening.values()) listener.wake();
	}

	stop(): void {
		for (const listener of this.listening.values()) listener.end();
	}
}

class Listener {
	private readonly ended = new AbortController();
	private readonly client: TargetClient;
	private readonly deadline: NodeJS.Timeout;
	/** Sequences that need not be tried, from `last - LOOK_BACK` on. */
	private seen = new Set<number>();
	private last = 0;
	private wakeUp: () => void = () => {};

	constructor(
		private readonly options: ListenersOptions,
		private readonly listening: Listening,
		private readonly onEnd: () => void,
	) {
		this.client = options.createClient(listening.url);
		this.deadline = setTimeout(() => {
			this.end();
		}, listening.milliseconds);
	}

	async start(): Promise<string | null> {
		const known = await this.options.store.search({ limit: LOOK_BACK });
		this.seen = new Set(known.map(({ sequence }) => sequence));
		this.last = known[0]?.sequence ?? 0;
		const replayed = this.listening.replay === 'latest' ? await this.replay() : null;
		if (!this.isEnded()) void this.follow();
		return replayed;
	}

	wake(): void {
		this.wakeUp();
	}

	end(): void {
		clearTimeout(this.deadline);
		this.ended.abort();
		this.wakeUp();
		this.onEnd();
	}

	private isEnded(): boolean {
		return this.ended.signal.aborted;
	}

	private async replay(): Promise<string | null> {
		for (const { id } of await this.options.store.search({ limit: MAX_REPLAYED })) {
			if (this.isEnded()) return null;
			const answer = await this.offer(id);
			if (answer === 'taken') return id;
			if (answer === 'gone') return null;
		}
		return null;
	}

	private async follow(): Promise<void> {
		while (!this.isEnded()) {
			const woken = new Promise<void>((resolve) => (this.wakeUp = resolve));
			const more = await this.offerNew();
			if (more) continue;
			const timer = setTimeout(this.wakeUp, POLL_INTERVAL_MS);
			await woken;
			clearTimeout(timer);
		}
	}

	/** @returns whether there may be more */
	private async offerNew(): Promise<boolean> {
		try {
			const { store } = this.options;
			const arrived = await store.arrivals(Math.max(0, this.last - LOOK_BACK), PAGE + LOOK_BACK);
			for (const { sequence, id } of arrived) {
				if (this.isEnded()) return false;
				if (this.seen.has(sequence)) continue;
				this.seen.add(sequence);
				this.last = Math.max(this.last, sequence);
				await this.offer(id);
			}
			const oldest = this.last - LOOK_BACK;
			this.seen = new Set([...this.seen].filter((sequence) => sequence > oldest));
			return arrived.length > PAGE;
		} catch (error) {
			logSometimes('listener', {}, `An event could not be sent to a test: ${String(error)}`);
			return false;
		}
	}

	/** Sends an event once; ends when it was taken, or when nobody is there any more. */
	private async offer(id: string): Promise<'taken' | 'gone' | 'not taken'> {
		const event = await this.options.store.find(id);
		if (event === undefined || this.isEnded()) return 'not taken';
		const timeout = AbortSignal.timeout(ANSWER_TIMEOUT_MS);
		const reply = await this.client.post(event, AbortSignal.any([this.ended.signal, timeout]));
		const meaning = meaningOf(reply);
		if (meaning === 'taken') {
			this.end();
			return 'taken';
		}
		if (meaning === 'ignored') return 'not taken';
		if (!this.isEnded()) {
			const { url: target } = this.listening;
			logSometimes('test', { target }, `A test did not accept an event: ${describe(reply)}`);
		}
		// Nobody listens at the URL of a test that is over.
		if (reply.kind === 'answered' && reply.status === 404) this.end();
		const isThere = reply.kind === 'answered' && reply.status !== 404;
		return isThere ? 'not taken' : 'gone';
	}
}
