import { core } from './core';
import { inboxBacklog, inboxDelivery, inboxDoor, inboxPostgres } from './inbox';
import { n8n } from './n8n';
import { queue } from './queue';
import type { Report } from './support/compare';

const BENCHMARKS: Record<string, (report: Report) => Promise<void>> = {
	core,
	n8n,
	queue,
	'inbox-door': inboxDoor,
	'inbox-backlog': inboxBacklog,
	'inbox-delivery': inboxDelivery,
	'inbox-postgres': inboxPostgres,
};

async function main(wanted: string[]): Promise<void> {
	const names = Object.keys(BENCHMARKS);
	// `inbox` runs all that begin so.
	const chosen = wanted.flatMap((one) => {
		const found = names.filter((name) => name === one || name.startsWith(`${one}-`));
		if (found.length > 0) return found;
		throw new Error(`There is no benchmark "${one}". Choose: inbox, ${names.join(', ')}.`);
	});
	for (const name of chosen.length > 0 ? chosen : names) {
		await BENCHMARKS[name]?.((line) => process.stderr.write(`${line}\n`));
	}
}

main(process.argv.slice(2)).catch((error: unknown) => {
	console.error(error);
	process.exit(1);
});
