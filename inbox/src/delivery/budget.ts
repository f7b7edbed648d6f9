/**
 * Memory that large bodies share while they are sent: whoever wants more than is left waits for its turn.
 * A body larger than all of it is let through alone.
 */
export class Budget {
	private used = 0;
	private readonly queue: Array<{ bytes: number; start: () => void }> = [];

	constructor(private readonly bytes: number) {}

	/** @returns gives it back; to be called once */
	async acquire(bytes: number): Promise<() => void> {
		if (this.queue.length > 0 || !this.fits(bytes)) {
			await new Promise<void>((start) => this.queue.push({ bytes, start }));
		} else {
			this.used += bytes;
		}
		return () => {
			this.used -= bytes;
			this.startNext();
		};
	}

	private fits(bytes: number): boolean {
		return this.used === 0 || this.used + bytes <= this.bytes;
	}

	private startNext(): void {
		for (
			let [next] = this.queue;
			next !== undefined && this.fits(next.bytes);
			[next] = this.queue
		) {
			this.queue.shift();
			this.used += next.bytes;
			next.start();
		}
	}
}
