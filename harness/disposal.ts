/** Something started: `await using` ends it, and so does `stop`. */
export interface Started extends AsyncDisposable {
	stop(): Promise<void>;
}

/** The standard's AsyncDisposableStack, as far as it is used here: Node has it from version 24 on. */
export class AsyncDisposableStack implements AsyncDisposable {
	private resources: AsyncDisposable[] = [];

	/** Adds something to be ended; returns it. */
	use<T extends AsyncDisposable>(resource: T): T {
		this.resources.push(resource);
		return resource;
	}

	/** Hands all of it to a new stack: this one no longer ends it. */
	move(): AsyncDisposableStack {
		const moved = new AsyncDisposableStack();
		moved.resources = this.resources.splice(0);
		return moved;
	}

	/** Ends everything, the last first. One that fails to end does not keep the others alive. */
	async [Symbol.asyncDispose](): Promise<void> {
		const last = this.resources.pop();
		if (last === undefined) return;
		try {
			await last[Symbol.asyncDispose]();
		} finally {
			await this[Symbol.asyncDispose]();
		}
	}
}
