import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { join } from 'node:path';

export const RESULTS = join(__dirname, '../../docs/benchmarks');

export type Row = Record<string, string | number>;

/** A table in Markdown: its columns are the first row's keys. */
export function table(rows: readonly Row[]): string {
	const columns = Object.keys(rows[0] ?? {});
	const lines = rows.map((row) => columns.map((column) => String(row[column] ?? '')));
	return [columns, columns.map(() => '---'), ...lines]
		.map((cells) => `| ${cells.join(' | ')} |`)
		.join('\n');
}

/** Writes one benchmark's JSON and its page beside the others', and prints the page. */
export function publish(name: string, data: unknown, page: string): void {
	mkdirSync(RESULTS, { recursive: true });
	const text = `${page.trim()}\n\nMeasured by \`npm run bench -- ${name}\` on ${machine()}. Only ratios carry over to another machine.\n`;
	writeFileSync(join(RESULTS, `${name}.json`), `${JSON.stringify(data, null, '\t')}\n`);
	writeFileSync(join(RESULTS, `${name}.md`), text);
	process.stdout.write(`\n${text}\n`);
}

function machine(): string {
	const memory = Math.round(totalmem() / 2 ** 30);
	return `${cpus().length} cores, ${memory} GiB, ${process.platform}`;
}

/** Three significant digits. */
export function digits(value: number): string {
	return Number.isFinite(value) ? String(Number(value.toPrecision(3))) : '–';
}

export function spread({
	median,
	lowest,
	highest,
}: {
	median: number;
	lowest: number;
	highest: number;
}): string {
	return `${digits(median)} (${digits(lowest)}–${digits(highest)})`;
}
