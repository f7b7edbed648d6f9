import { bomb } from './bomb';
import { core } from './core';
import { day } from './day';
import { growth } from './growth';
import { inbox } from './inbox';
import { n8n } from './n8n';
import { profile } from './profile';
import { queue } from './queue';
import { settings } from './settings';
import { tested } from './tested';
import { timing } from './timing';

const BENCHMARKS: Record<string, (report: (line: string) => void) => Promise<void>> = {
	...{ bomb, core, n8n, growth, queue, day, settings, profile, inbox, timing },
	...tested,
};

async function main(wanted: string[]): Promise<void> {
	for (const name of wanted.length > 0 ? wanted : Object.keys(BENCHMARKS)) {
		const benchmark = BENCHMARKS[name];
		if (benchmark === undefined) {
			const names = Object.keys(BENCHMARKS).join(', ');
			throw new Error(`There is no benchmark "${name}": choose ${names}.`);
		}
		await benchmark((line) => process.stderr.write(`${line}\n`));
	}
}

main(process.argv.slice(2)).catch((error: unknown) => {
	process.stderr.write(
		`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
	);
	process.exit(1);
});
