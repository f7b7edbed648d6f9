import { core } from './core';
import { inboxBacklog, inboxDelivery, inboxPostgres } from './inbox';
import { inboxDoor } from './inbox-door';
import { n8n } from './n8n';
import { queue } from './queue';
import { settings } from './settings';

type Report = (line: string) => void;

const BENCHMARKS: Record<string, (report: Report) => Promise<void>> = {
	core,
	n8n,
	settings,
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
		if (found.length === 0) {
			throw new Error(`There is no benchmark "${one}". Choose: inbox, ${names.join(', ')}.`);
		}
		return found;
	});
	for (const name of chosen.length > 0 ? chosen : names) {
		await BENCHMARKS[name]?.((line) => process.stderr.write(`${line}\n`));
	}
}

main(process.argv.slice(2)).catch((error: unknown) => {
	process.stderr.write(
		`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
	);
	process.exit(1);
});
