import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { join } from 'node:path';

const RESULTS = join(__dirname, '../results');

export type Report = (line: string) => void;

/** What one measurement found, such as `{ 'events/s': 120, 'p99, ms': 40 }`. */
export type Figures = Record<string, number>;

/** One thing that is measured beside others; the first is what the others are compared with. */
export interface Contender {
	name: string;
	/** Measures once: the same quantities, in the same units, for every contender. */
	measure: () => Promise<Figures>;
}

/** What is on a page of results. */
export interface Comparison {
	name: string;
	/** In Markdown: a heading, and what was measured how. */
	text: string;
	rounds: number;
	contenders: readonly Contender[];
}

/**
 * Measures every contender in every round, in turn and each round from another beginning, so that all meet the same
 * noise. Prints a table of medians, and writes it into `bench/results/`, which git ignores.
 */
export async function compare(
	{ name, text, rounds, contenders }: Comparison,
	report: Report,
): Promise<void> {
	const measured = contenders.map((): Figures[] => []);
	for (let round = 0; round < rounds; round++) {
		for (let turn = 0; turn < contenders.length; turn++) {
			const index = (turn + round) % contenders.length;
			const figures = await contenders[index]?.measure();
			if (figures !== undefined) measured[index]?.push(figures);
		}
		report(`${name}, round ${round + 1} of ${rounds}`);
	}
	const [base = []] = measured;
	const [rate = '', ...others] = Object.keys(base[0] ?? {});
	const rows = measured.map((own, index) => [
		contenders[index]?.name ?? '',
		spread(own.map((figures) => figures[rate] ?? NaN)),
		// Of the same round: what noise of the machine cannot move.
		spread(own.map((figures, round) => (figures[rate] ?? NaN) / (base[round]?.[rate] ?? NaN))),
		...others.map((quantity) => spread(own.map((figures) => figures[quantity] ?? NaN))),
	]);
	const columns = ['what', rate, 'to the first', ...others];
	const table = [columns, columns.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`);
	const machine = `${cpus().length} cores, ${Math.round(totalmem() / 2 ** 30)} GiB, ${process.platform}`;
	const page = `${text}

Median of ${rounds} interleaved rounds, in brackets the lowest and the highest.

${table.join('\n')}

Measured on ${new Date().toISOString().slice(0, 10)} on ${machine}. Only ratios carry over to another machine.
`;
	mkdirSync(RESULTS, { recursive: true });
	writeFileSync(join(RESULTS, `${name}.md`), page);
	process.stdout.write(`\n${page}\n`);
}

function spread(values: readonly number[]): string {
	const sorted = [...values].sort((a, b) => a - b);
	const [median, lowest, highest] = [sorted[sorted.length >> 1], sorted[0], sorted.at(-1)].map(
		(value = NaN) => (Number.isFinite(value) ? String(Number(value.toPrecision(3))) : '–'),
	);
	return lowest === highest ? `${median}` : `${median} (${lowest}–${highest})`;
}
