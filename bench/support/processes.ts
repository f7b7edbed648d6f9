import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/* What a process uses, from /proc: Linux only. */

/** Milliseconds of CPU that a process has used. */
export function cpuMilliseconds(pid: number): number {
	const [user, system] = fieldsOf(pid).slice(11, 13);
	return (Number(user) + Number(system)) * 10;
}

/** Milliseconds of CPU that a process has used, and those that it has started, whether they live or have ended. */
export function treeCpuMilliseconds(pid: number): number {
	const [user, system] = fieldsOf(pid).slice(13, 15);
	const ended = (Number(user) + Number(system)) * 10;
	const children = readdirSync('/proc')
		.filter((name) => /^\d+$/.test(name))
		.map(Number)
		.filter((candidate) => parentOf(candidate) === pid);
	return children.reduce(
		(sum, child) => sum + treeCpuMilliseconds(child),
		cpuMilliseconds(pid) + ended,
	);
}

function parentOf(pid: number): number | undefined {
	try {
		return Number(fieldsOf(pid)[1]);
	} catch {
		// It has ended meanwhile.
		return undefined;
	}
}

/** Of its `stat`, what comes after the program's name. */
function fieldsOf(pid: number): string[] {
	const [, fields = ''] = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ');
	return fields.split(' ');
}

/** Resident memory of a process, in MB. */
export function memoryMegabytes(pid: number): number {
	const kilobytes = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
	return Number(kilobytes) / 1024;
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
