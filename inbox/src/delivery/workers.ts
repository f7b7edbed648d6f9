import { log, logSometimes } from '../log';
import type { Outcome, Store, Target } from '../store/store';
import type { TargetClient } from './target-client';
import { Worker, type WorkerOptions, type WorkerStatus } from './worker';

export interface WorkersOptions extends Omit<
	WorkerOptions,
	'store' | 'target' | 'client' | 'onAttempt'
> {
	store: WorkerOptions['store'] & Pick<Store, 'targets'>;
	createClient: (url: string) => TargetClient;
	/** @param url of the target */
	onStarted: (url: string) => void;
	onAttempt: (url: string, outcome: Outcome['state']) => void;
}

/** How soon is noticed what another inbox has changed. */
const RECONCILE_INTERVAL_MS = 1_000;

/** One worker for each current target, as they are registered, moved, paused and forgotten. */
export class Workers {
	private readonly running = new Map<string, { url: string; worker: Worker }>();
	/** Those that take nothing more, and have something under way. */
	private readonly ending = new Set<Worker>();
	private reconciling: Promise<void> | undefined;
	private isOutdated = false;
	private isStopping = false;
	private timer: NodeJS.Timeout | undefined;

	constructor(private readonly options: WorkersOptions) {}

	start(): void {
		this.timer = setInterval(() => void this.reconcile(), RECONCILE_INTERVAL_MS);
		void this.reconcile();
	}

	/** There may be something to send. */
	wake(): void {
		for (const { worker } of this.running.values()) worker.wake();
	}

	/** Asks the targets whether they are there, for who looks at them; waits no longer than that. */
	async look(milliseconds: number): Promise<void> {
		const looks = [...this.running.values()].map(async ({ worker }) => {
			await worker.look();
		});
		const late = new Promise((resolve) => setTimeout(resolve, milliseconds).unref());
		await Promise.race([Promise.all(looks), late]);
	}

	/** Starts and ends workers as the store's targets say; resolved once that is done. Never rejects. */
	async reconcile(): Promise<void> {
		this.isOutdated = true;
		this.reconciling ??= this.whileOutdated().finally(() => {
			this.reconciling = undefined;
		});
		await this.reconciling;
	}

	/** A target has registered itself, perhaps not for the first time. */
	registered(key: string): void {
		this.running.get(key)?.worker.registered();
	}

	/** Undefined if the target is not current. */
	status(key: string): WorkerStatus | undefined {
		return this.running.get(key)?.worker.status;
	}

	/** Whether each target takes events, by its URL. Of two with one URL, both have to. */
	up(): Map<string, boolean> {
		const up = new Map<string, boolean>();
		for (const { url, worker } of this.running.values()) {
			up.set(url, (up.get(url) ?? true) && worker.status.state === 'accepting');
		}
		return up;
	}

	/** Takes nothing new, and waits so many milliseconds for what is under way. */
	async stop(milliseconds: number): Promise<void> {
		this.isStopping = true;
		clearInterval(this.timer);
		await this.reconciling;
		const all = [...[...this.running.values()].map(({ worker }) => worker), ...this.ending];
		await Promise.all(all.map((worker) => worker.stop(milliseconds)));
	}

	private async whileOutdated(): Promise<void> {
		while (this.isOutdated && !this.isStopping) {
			this.isOutdated = false;
			try {
				const targets = await this.options.store.targets();
				this.adjust(targets.filter(({ state }) => state === 'current'));
			} catch (error) {
				logSometimes('targets', {}, `The targets cannot be read: ${String(error)}`);
			}
		}
	}

	private adjust(current: readonly Target[]): void {
		if (this.isStopping) return;
		for (const [key, { url, worker }] of this.running) {
			if (current.some((target) => target.key === key && target.url === url)) continue;
			this.running.delete(key);
			this.end(worker);
		}
		for (const target of current) if (!this.running.has(target.key)) this.begin(target);
	}

	private begin(target: Target): void {
		const { createClient, onStarted, onAttempt, ...options } = this.options;
		const { key, url } = target;
		onStarted(url);
		const worker = new Worker({
			...options,
			...{ target, client: createClient(url) },
			onAttempt: (outcome) => {
				onAttempt(url, outcome);
			},
		});
		this.running.set(key, { url, worker });
	}

	/** What is under way has its time: the workflow runs already. */
	private end(worker: Worker): void {
		this.ending.add(worker);
		worker
			.stop(this.options.answerTimeout)
			.catch((error: unknown) => {
				log.error({}, `A worker did not end: ${String(error)}`);
			})
			.finally(() => {
				this.ending.delete(worker);
			});
	}
}
