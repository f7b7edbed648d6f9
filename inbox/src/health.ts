/** Milliseconds: the answer is there within two seconds. */
const CHECK_TIMEOUT_MS = 1_500;

/** Asks whether the store can be written, once at a time, and waits only so long: a disk can be frozen. */
export class Health {
	private checking: Promise<string | undefined> | undefined;

	constructor(private readonly checkWritable: () => Promise<void>) {}

	/** Resolves to why nothing can be stored, or that this could not be told in time; undefined if all is well. */
	async check(): Promise<string | undefined> {
		this.checking ??= this.checkWritable()
			.then(() => undefined, String)
			.finally(() => {
				this.checking = undefined;
			});
		let timer: NodeJS.Timeout | undefined;
		const timeout = new Promise<string>((resolve) => {
			timer = setTimeout(resolve, CHECK_TIMEOUT_MS, 'the store does not answer');
		});
		const problem = await Promise.race([this.checking, timeout]);
		clearTimeout(timer);
		return problem;
	}
}
