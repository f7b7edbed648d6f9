import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/* What a process uses, from /proc: Linux only. */

/** Milliseconds of CPU that a process has used, and those that it has started and that have ended. */
export function cpuMilliseconds(pid: number): number {
	const [, fields = ''] = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ');
	const times = fields.split(' ').slice(11, 15).map(Number);
	return times.reduce((sum, ticks) => sum + ticks * 10, 0);
}

/**
 * Waits until processes have nothing left to do: what n8n runs after it has answered.
 *
 * @throws {Error} if they are still at work after a minute
 */
export async function untilIdle(pids: readonly number[]): Promise<void> {
	const deadline = Date.now() + 60_000;
	const used = () => pids.map(cpuMilliseconds);
	for (let before = used(), calm = 0; calm < 2;) {
		if (Date.now() > deadline) throw new Error('The processes did not come to rest in 60 s.');
		await sleep(250);
		const now = used();
		const isCalm = now.every((milliseconds, i) => milliseconds - (before[i] ?? NaN) <= 20);
		calm = isCalm ? calm + 1 : 0;
		before = now;
	}
}
