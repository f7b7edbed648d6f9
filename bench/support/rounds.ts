/** One thing that is measured beside others. */
export interface Contender<Quantity extends string> {
	name: string;
	/** Measures once: the same quantities, in the same units, for every contender. */
	measure(): Promise<Record<Quantity, number>> | Record<Quantity, number>;
}

export interface Spread {
	median: number;
	lowest: number;
	highest: number;
}

/** What one quantity of a contender came to over all rounds. */
export interface Figure extends Spread {
	/** Of this contender to the first, in each round: what noise of the machine cannot move. */
	ratio: Spread;
}

/** By the contender's name. */
export type Figures<Quantity extends string> = Record<string, Record<Quantity, Figure>>;

/**
 * Measures every contender in every round, in turn and each round from another beginning, so that all meet the
 * same noise. The first is what the others are compared with.
 */
export async function measureInRounds<Quantity extends string>(
	contenders: ReadonlyArray<Contender<Quantity>>,
	rounds: number,
	report: (line: string) => void,
): Promise<Figures<Quantity>> {
	const measured = contenders.map((): Array<Record<Quantity, number>> => []);
	for (let round = 0; round < rounds; round++) {
		for (let turn = 0; turn < contenders.length; turn++) {
			const index = (turn + round) % contenders.length;
			const figures = await contenders[index]?.measure();
			if (figures !== undefined) measured[index]?.push(figures);
		}
		report(`  round ${round + 1} of ${rounds}`);
	}
	const [base = []] = measured;
	const summarize = (own: Array<Record<Quantity, number>>, quantity: Quantity): Figure => ({
		...summary(own.map((figures) => figures[quantity])),
		ratio: summary(own.map((figures, i) => figures[quantity] / (base[i]?.[quantity] ?? NaN))),
	});
	return Object.fromEntries(
		contenders.map(({ name }, index) => {
			const own = measured[index] ?? [];
			const quantities = Object.keys(own[0] ?? {}) as Quantity[];
			const figures = quantities.map((quantity) => [quantity, summarize(own, quantity)]);
			return [name, Object.fromEntries(figures) as Record<Quantity, Figure>];
		}),
	);
}

export function summary(values: readonly number[]): Spread {
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
