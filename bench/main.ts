type Benchmark = (report: (line: string) => void) => Promise<void>;

/** Loaded as they are asked for: not every one needs what is installed for some. */
const BENCHMARKS: Record<string, () => Promise<Benchmark>> = {
	core: async () => (await import('./core.js')).core,
	n8n: async () => (await import('./n8n.js')).n8n,
	growth: async () => (await import('./growth.js')).growth,
	queue: async () => (await import('./queue.js')).queue,
	day: async () => (await import('./day.js')).day,
	settings: async () => (await import('./settings.js')).settings,
	profile: async () => (await import('./profile.js')).profile,
};

async function main(wanted: string[]): Promise<void> {
	for (const name of wanted.length > 0 ? wanted : Object.keys(BENCHMARKS)) {
		const load = BENCHMARKS[name];
		if (load === undefined) {
			const names = Object.keys(BENCHMARKS).join(', ');
			throw new Error(`There is no benchmark "${name}": choose ${names}.`);
		}
		const benchmark = await load();
		await benchmark((line) => process.stderr.write(`${line}\n`));
	}
}

main(process.argv.slice(2)).catch((error: unknown) => {
	process.stderr.write(
		`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
	);
	process.exit(1);
});
