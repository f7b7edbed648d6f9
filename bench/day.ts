import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { randomLcg, randomPoisson } from 'd3-random';

import { digits, publish, RESULTS, table, type Row } from './support/results';

/*
 * A contact centre's day, event by event, on the capacity that the other benchmarks have measured: how many processes
 * a number of events a day takes, and how long an event waits when it is busiest.
 */

const EVENTS_A_DAY = [10_000, 100_000, 1_000_000, 10_000_000, 100_000_000];

/** Share of the day's events in each hour: an assumption, a centre that is open from 8 to 20. The busiest has 12 %. */
const HOURS = [
	0.2, 0.1, 0.1, 0.1, 0.1, 0.2, 0.5, 1.5, 5, 10, 12, 11, 8, 9.5, 11, 10, 8.5, 6, 3, 1.8, 0.7, 0.4,
	0.2, 0.1,
];
/** Of a process's core, what the events may take in the busiest hour: the rest is for peaks and the workflow's own work. */
const UTILIZATION = 0.5;
const SEED = 20_261_124;

interface CpuRow {
	setting: string;
	part: string;
	milliseconds: number;
}

export async function day(report: (line: string) => void): Promise<void> {
	const cpu = readCpu();
	const cost = (setting: RegExp, part: string) =>
		cpu.find((row) => setting.test(row.setting) && row.part === part)?.milliseconds ?? NaN;
	const parts = {
		'one process': cost(/one process/, 'n8n'),
		'webhook processor': cost(/queue/, 'webhook processor'),
		worker: cost(/queue/, 'worker'),
		PostgreSQL: cost(/queue/, 'PostgreSQL'),
	};

	const rows: Row[] = [];
	for (const events of EVENTS_A_DAY) {
		report(`a day of ${events.toLocaleString('en')} events`);
		const busiest = busiestRate(events);
		const needed = (milliseconds: number) =>
			Math.ceil((busiest * milliseconds) / 1000 / UTILIZATION);
		const alone = simulate(events, 1000 / parts['one process']);
		const workers = needed(parts.worker);
		const together = simulate(events, (1000 / parts.worker) * workers);
		rows.push({
			'events a day': events.toLocaleString('en'),
			'a second, busiest hour': digits(busiest),
			'one process: its core': percent((busiest * parts['one process']) / 1000),
			'longest wait': wait(alone.longest),
			'webhook processors': needed(parts['webhook processor']),
			workers,
			'their p99 wait': wait(together.p99),
			"PostgreSQL's cores": digits((busiest * parts.PostgreSQL) / 1000),
		});
	}
	const capacity = Object.entries(parts).map(([part, milliseconds]) => ({
		part,
		'CPU, ms an event': digits(milliseconds),
		'events/s on a core of its own': digits(1000 / milliseconds),
	}));
	publish(
		'day',
		{ parts, rows },
		`# A day\n\nSimulated, on the CPU that \`npm run bench -- queue\` has measured for one accepted event of a workflow that does nothing more. Arrivals are random within each second; the busiest hour has 12 % of the day. Processes are counted so that events take half of each core in that hour.\n\n${table(capacity)}\n\n${table(rows)}`,
	);
}

function readCpu(): CpuRow[] {
	const { cpu } = JSON.parse(readFileSync(join(RESULTS, 'queue.json'), 'utf8')) as {
		cpu?: CpuRow[];
	};
	if (cpu === undefined) throw new Error('Run npm run bench -- queue first.');
	return cpu;
}

function busiestRate(events: number): number {
	return (events * Math.max(...shares())) / 3600;
}

function shares(): number[] {
	const sum = HOURS.reduce((total, hour) => total + hour, 0);
	return HOURS.map((hour) => hour / sum);
}

/**
 * The day second by second: what cannot be done in its second waits, first come, first served.
 *
 * @param capacity events that can be done a second
 * @returns seconds that an event waits: the longest, and of 99 % of the events none longer
 */
function simulate(events: number, capacity: number): { longest: number; p99: number } {
	const poisson = randomPoisson.source(randomLcg(SEED));
	const waits: Array<{ wait: number; count: number }> = [];
	let backlog = 0;
	for (const share of shares()) {
		const arrive = poisson((events * share) / 3600);
		for (let second = 0; second < 3600; second++) {
			const arrived = arrive();
			waits.push({ wait: backlog / capacity, count: arrived });
			backlog = Math.max(0, backlog + arrived - capacity);
		}
	}
	waits.sort((a, b) => a.wait - b.wait);
	const total = waits.reduce((sum, { count }) => sum + count, 0);
	let passed = 0;
	const p99 = waits.find(({ count }) => (passed += count) >= total * 0.99)?.wait ?? NaN;
	return { longest: waits.at(-1)?.wait ?? NaN, p99 };
}

function percent(share: number): string {
	return `${digits(share * 100)} %`;
}

function wait(seconds: number): string {
	if (seconds < 0.1) return 'none';
	if (seconds < 120) return `${digits(seconds)} s`;
	return seconds < 7200 ? `${digits(seconds / 60)} min` : `${digits(seconds / 3600)} h`;
}
