/** One thing that is measured beside others. */
export interface Contender {
	name: string;
	/** Measures once; a figure of which every contender's is the same unit. */
	measure(): Promise<number> | number;
}

/** What a contender's figures came to over all rounds. */
export interface Figure {
	name: string;
	median: number;
	lowest: number;
	highest: number;
	/** Of this contender to the first, in each round: what noise of the machine cannot move. */
	ratio: { median: number; lowest: number; highest: number };
}

/**
 * Measures every contender in every round, in turn and each round from another beginning, so that all meet the
 * same noise. The first is what the others are compared with.
 */
export async function measureInRounds(
	contenders: readonly Contender[],
	rounds: number,
	report: (line: string) => void = () => {},
): Promise<Figure[]> {
	const figures = contenders.map((): number[] => []);
	for (let round = 0; round < rounds; round++) {
		for (let turn = 0; turn < contenders.length; turn++) {
			const index = (turn + round) % contenders.length;
			figures[index]?.push((await contenders[index]?.measure()) ?? NaN);
		}
		report(`  round ${round + 1} of ${rounds}`);
	}
	const [base = []] = figures;
	return contenders.map(({ name }, index) => {
		const values = figures[index] ?? [];
		return {
			name,
			...summary(values),
			ratio: summary(values.map((value, round) => value / (base[round] ?? NaN))),
		};
	});
}

export function summary(values: readonly number[]): {
	median: number;
	lowest: number;
	highest: number;
} {
	const sorted = [...values].sort((a, b) => a - b);
	return {
		median: percentile(sorted, 0.5),
		lowest: sorted[0] ?? NaN,
		highest: sorted.at(-1) ?? NaN,
	};
}

/** @param sorted ascending */
export function percentile(sorted: readonly number[], share: number): number {
	return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? NaN;
}
