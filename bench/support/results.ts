import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { join } from 'node:path';

import type { Spread } from './rounds';

const RESULTS = join(__dirname, '../results');

export type Row = Record<string, string | number>;

/** A table in Markdown: its columns are the first row's keys. */
export function table(rows: readonly Row[]): string {
	const columns = Object.keys(rows[0] ?? {});
	const lines = rows.map((row) => columns.map((column) => String(row[column] ?? '')));
	return [columns, columns.map(() => '---'), ...lines]
		.map((cells) => `| ${cells.join(' | ')} |`)
		.join('\n');
}

/** Prints a benchmark's page in Markdown, and writes it into `bench/results/`, which git ignores. */
export function publish(name: string, page: string): void {
	const memory = Math.round(totalmem() / 2 ** 30);
	const machine = `${cpus().length} cores, ${memory} GiB, ${process.platform}`;
	const today = new Date().toISOString().slice(0, 10);
	const text = `${page.trim()}\n\nMeasured on ${today} by \`npm run bench -- ${name}\` on ${machine}. Only ratios carry over to another machine.\n`;
	mkdirSync(RESULTS, { recursive: true });
	writeFileSync(join(RESULTS, `${name}.md`), text);
	process.stdout.write(`\n${text}\n`);
}

/** Three significant digits. */
export function digits(value: number): string {
	return Number.isFinite(value) ? String(Number(value.toPrecision(3))) : '–';
}

export function spread({ median, lowest, highest }: Spread): string {
	return `${digits(median)} (${digits(lowest)}–${digits(highest)})`;
}
