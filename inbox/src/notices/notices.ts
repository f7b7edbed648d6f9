import type { WorkerStatus } from '../delivery/worker';
import { Health } from '../health';
import { log, logSometimes } from '../log';
import type { Store } from '../store/store';
import { decide, noteTold } from './decide';
import { NOT_STORED, NOTHING_TOLD, type Memory, type SeenTarget } from './memory';
import type { Notify, SendFailure } from './send';
import { wordsOf } from './words/words';

export interface NoticesOptions {
	store: Pick<Store, 'overview' | 'checkWritable' | 'takeNotices' | 'noteNotices'>;
	/** Of the worker of a target; undefined if it is not current. */
	status: (key: string) => WorkerStatus | undefined;
	notify: Notify;
	/** How long a target stays paused, in milliseconds. */
	keep: number;
	send: (notify: Notify, paragraphs: readonly string[]) => Promise<SendFailure | undefined>;
}

/* In milliseconds. */
const LOOK_INTERVAL_MS = 15_000;
/** Between attempts to send: twice as long each time. */
const RETRY_MIN_MS = 15_000;
const RETRY_MAX_MS = 600_000;
const RETRY_AFTER_MAX_MS = 3_600_000;
/** In one message: no chat takes a text of any length. */
const MAX_PARAGRAPHS = 5;

/**
 * Tells a chat what an operator has to know. Of several inboxes on one store one tells, and what it told is in the store;
 * but that events cannot be stored, each tells of itself.
 */
export class Notices {
	private memory: Memory | undefined;
	/** What the store has, as far as this inbox knows. */
	private noted = '';
	private refused = 0;
	private failures = 0;
	private retryAt = 0;
	private timer: NodeJS.Timeout | undefined;
	private looking: Promise<void> = Promise.resolve();
	private isStopping = false;
	private readonly health: Health;

	constructor(private readonly options: NoticesOptions) {
		this.health = new Health(() => options.store.checkWritable());
	}

	start(): void {
		this.looking = this.look()
			.catch((error: unknown) => {
				log.error({}, `The notices broke off: ${String(error)}`);
			})
			.finally(() => {
				if (this.isStopping) return;
				this.timer = setTimeout(() => {
					this.start();
				}, LOOK_INTERVAL_MS);
			});
	}

	/** An event could not be stored. */
	onNotStored(): void {
		this.refused += 1;
	}

	/** Waits for a message that is under way: what a chat has got must be noted. */
	async stop(): Promise<void> {
		this.isStopping = true;
		clearTimeout(this.timer);
		await this.looking;
	}

	private async look(): Promise<void> {
		const { refused } = this;
		const isWritable = (await this.health.check()) === undefined;
		const { memory: before, targets } = await this.recall();
		this.refused -= refused;
		const at = Date.now();
		const { keep } = this.options;
		const { memory, due } = decide(before, { at, targets, isWritable, refused, keep });
		this.memory = memory;
		const now = due.slice(0, MAX_PARAGRAPHS);
		if (now.length > 0 && at >= this.retryAt) {
			const { say } = wordsOf(this.options.notify.language);
			const isSent = await this.send(now.map(({ notice }) => say(notice)));
			if (isSent) this.memory = now.reduce(noteTold, memory);
		}
		if (targets !== undefined) await this.note(this.memory);
	}

	/** What was told so far, whoever told it, and the targets if this inbox is the one to tell of them. */
	private async recall(): Promise<{ memory: Memory; targets: SeenTarget[] | undefined }> {
		const { store, status } = this.options;
		const own = this.memory ?? NOTHING_TOLD;
		try {
			const noted = await store.takeNotices();
			if (noted === undefined) return { memory: own, targets: undefined };
			const overview = await store.overview();
			// Only what another inbox noted is news; and if noting failed, this one still knows.
			const memory = noted === this.noted ? own : merge(noted, this.memory);
			this.noted = noted;
			return {
				memory,
				targets: overview.map((target) => ({ ...target, status: status(target.key) })),
			};
		} catch (error) {
			logSometimes('notices', {}, `The store cannot be read: ${String(error)}`);
			return { memory: own, targets: undefined };
		}
	}

	private async note(memory: Memory): Promise<void> {
		const told = JSON.stringify(memory);
		if (told === this.noted) return;
		try {
			await this.options.store.noteNotices(told);
			this.noted = told;
		} catch (error) {
			logSometimes('notices', {}, `What was told cannot be stored: ${String(error)}`);
		}
	}

	private async send(paragraphs: readonly string[]): Promise<boolean> {
		const { send, notify } = this.options;
		const failure = await send(notify, paragraphs);
		if (failure === undefined) {
			this.failures = 0;
			return true;
		}
		const backoff = Math.min(RETRY_MIN_MS * 2 ** this.failures, RETRY_MAX_MS);
		const asked = failure.kind === 'answered' ? (failure.retryAfter ?? 0) : 0;
		this.failures += 1;
		this.retryAt = Date.now() + Math.max(backoff, Math.min(asked, RETRY_AFTER_MAX_MS));
		const reason = wordsOf('en').notSent(failure);
		logSometimes('notify', {}, `A notice could not be sent. ${reason}`);
		return false;
	}
}

/** @param own of this inbox: what it knows of its own trouble is newer than what was noted */
function merge(noted: string, own: Memory | undefined): Memory {
	const shared = noted === '' ? NOTHING_TOLD : (JSON.parse(noted) as Memory);
	if (own === undefined) return shared;
	const others = Object.entries(shared.told).filter(([id]) => id !== NOT_STORED);
	const mine = Object.entries(own.told).filter(([id]) => id === NOT_STORED);
	return { ...shared, trouble: own.trouble, told: Object.fromEntries([...others, ...mine]) };
}
