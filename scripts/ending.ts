const POLL_MILLISECONDS = 500;

/**
 * Calls `end` once this command is to end: told by a signal, or because npm is gone. A SIGTERM to npm may get no
 * further than the shell between npm and this process.
 */
export function whenToldToEnd(end: () => void): void {
	const parent = process.ppid;
	let isEnding = false;
	const endOnce = () => {
		if (!isEnding) end();
		isEnding = true;
	};
	for (const name of ['SIGINT', 'SIGTERM'] as const) process.on(name, endOnce);
	if (process.env.npm_lifecycle_event === undefined) return;
	setInterval(() => {
		if (process.ppid !== parent) endOnce();
	}, POLL_MILLISECONDS).unref();
}
