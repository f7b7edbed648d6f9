import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { digits, RESULTS } from './results';

interface Point {
	at: number;
	milliseconds: number;
	lowest: number;
	highest: number;
}

const WIDTH = 640;
const HEIGHT = 320;
const MARGIN = 56;

/**
 * Draws points on two logarithmic axes into an SVG beside the results.
 *
 * @returns the file's name
 */
export function plot(name: string, xTitle: string, points: readonly Point[]): string {
	const x = axis(
		points.map(({ at }) => at),
		MARGIN,
		WIDTH - MARGIN / 2,
	);
	const bounds = points.flatMap(({ lowest, highest }) => [lowest, highest]);
	const y = axis(bounds, HEIGHT - MARGIN, MARGIN / 2);
	const text = (left: number, top: number, words: string, anchor = 'middle') =>
		`<text x="${round(left)}" y="${round(top)}" text-anchor="${anchor}">${words}</text>`;
	const ends = [Math.min(...bounds), Math.max(...bounds)];
	const lines = [
		`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="sans-serif" font-size="12" fill="#444">`,
		`<rect width="${WIDTH}" height="${HEIGHT}" fill="#fff"/>`,
		`<path d="M${MARGIN} ${MARGIN / 2}V${HEIGHT - MARGIN}H${WIDTH - MARGIN / 2}" fill="none" stroke="#999"/>`,
		text(WIDTH / 2, HEIGHT - 12, xTitle),
		text(MARGIN, 16, 'ms a request', 'start'),
		...ends.map((value) => text(MARGIN - 6, y(value) + 4, digits(value), 'end')),
		...points.map(({ at }) => text(x(at), HEIGHT - MARGIN + 18, at.toLocaleString('en'))),
		...points.map(
			({ at, lowest, highest }) =>
				`<path d="M${round(x(at))} ${round(y(lowest))}V${round(y(highest))}" stroke="#0f766e" opacity=".4" stroke-width="4"/>`,
		),
		`<polyline points="${points.map(({ at, milliseconds }) => `${round(x(at))},${round(y(milliseconds))}`).join(' ')}" fill="none" stroke="#0f766e" stroke-width="2"/>`,
		'</svg>',
	];
	mkdirSync(RESULTS, { recursive: true });
	writeFileSync(join(RESULTS, `${name}.svg`), `${lines.join('\n')}\n`);
	return `${name}.svg`;
}

/** From a value to its place on a logarithmic axis. */
function axis(values: readonly number[], from: number, to: number): (value: number) => number {
	const low = Math.log(Math.min(...values));
	const high = Math.log(Math.max(...values));
	return (value) => from + ((to - from) * (Math.log(value) - low)) / (high - low || 1);
}

function round(value: number): number {
	return Math.round(value * 10) / 10;
}
