import { appendFileSync } from 'node:fs';

/**
 * Tells what a test measured: a line on standard error, and in the file that KOEIQ_FIGURES names. From there,
 * `npm run bench` makes the figures that the documents quote.
 *
 * @param benchmark the one that the figures are for
 */
export function note(benchmark: string, figures: Record<string, string | number>): void {
	const line = `${JSON.stringify({ benchmark, ...figures })}\n`;
	process.stderr.write(line);
	const file = process.env['KOEIQ_FIGURES'];
	if (file !== undefined) appendFileSync(file, line);
}
