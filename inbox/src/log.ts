/** Says one notable thing, on a line of its own: never a body, never a secret. */
export function log(message: string): void {
	process.stdout.write(`${new Date().toISOString()} ${message.replaceAll(/\s*\n\s*/g, ' ')}\n`);
}

const saidAt = new Map<string, number>();
const MINUTE = 60_000;

/** The same, at most once a minute for each topic: for what a sender can cause at will. */
export function logSometimes(topic: string, message: string): void {
	const now = performance.now();
	if (now - (saidAt.get(topic) ?? -Infinity) < MINUTE) return;
	saidAt.set(topic, now);
	log(message);
}
