import { logSometimes } from '../log';
import type { Store } from '../store/store';

const POLL_INTERVAL_MS = 1_000;

/** Does what is noted to be sent again, also what an inbox that has ended had begun. */
export class Sends {
	private working: Promise<void> | undefined;
	private isStopping = false;
	private timer: NodeJS.Timeout | undefined;

	/** @param onSent called when deliveries wait that did not before */
	constructor(
		private readonly store: Pick<Store, 'sendNext'>,
		private readonly onSent: () => void,
	) {}

	start(): void {
		this.timer = setInterval(() => {
			this.wake();
		}, POLL_INTERVAL_MS);
		this.wake();
	}

	wake(): void {
		this.working ??= this.work().finally(() => {
			this.working = undefined;
		});
	}

	async stop(): Promise<void> {
		this.isStopping = true;
		clearInterval(this.timer);
		await this.working;
	}

	private async work(): Promise<void> {
		try {
			while (!this.isStopping && (await this.store.sendNext())) this.onSent();
		} catch (error) {
			logSometimes('sends', {}, `Events cannot be sent again: ${String(error)}`);
		}
	}
}
