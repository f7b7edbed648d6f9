/** Milliseconds: the answer is there within two seconds. */
const CHECK_TIMEOUT = 1_500;

/** Asks whether the store can be written, once at a time, and waits only so long: a disk can be frozen. */
export class Health {
	private checking: Promise<void> | undefined;

	constructor(
		private readonly checkWritable: () => Promise<void>,
		private readonly timeout = CHECK_TIMEOUT,
	) {}

	/** Rejects if nothing can be stored, or if that cannot be told in time. */
	async check(): Promise<void> {
		this.checking ??= this.checkWritable().finally(() => {
			this.checking = undefined;
		});
		const { promise, reject } = Promise.withResolvers<never>();
		const timer = setTimeout(() => {
			reject(new Error(`the store has not answered for ${this.timeout / 1000} s`));
		}, this.timeout);
		try {
			await Promise.race([this.checking, promise]);
		} finally {
			clearTimeout(timer);
		}
	}
}
