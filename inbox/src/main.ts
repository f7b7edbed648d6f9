import './node-version';

import { Budget } from './delivery/budget';
import { createTargetClient } from './delivery/target-client';
import { Worker } from './delivery/worker';
import { createDoor } from './door';
import { listen } from './listen';
import { harmless, log } from './log';
import { createMetrics } from './metrics';
import { createPage } from './page/page';
import { REFUSAL_REASONS } from './refusals';
import { readSettings, SettingError, type Settings } from './settings';
import { describeStore, openStore, toTarget } from './store/open';
import { NO_TARGET, type Store } from './store/store';

const TIDY_INTERVAL_MS = 60_000;
/** Of the 30 s that a stop may take. */
const DRAIN_TIMEOUT_MS = 20_000;
/** Memory for large bodies that are sent, to all targets together. */
const SENDING_BUDGET_BYTES = 64 * 2 ** 20;

main().catch((error: unknown) => {
	const sentence =
		error instanceof SettingError
			? error.message
			: harmless(`The inbox did not start: ${String(error)}`);
	process.stderr.write(`${sentence}\n`);
	process.exit(1);
});

async function main(): Promise<void> {
	const settings = readSettings(process.env);
	const store = await openStore(settings);
	const targets = settings.forwardTo.map(toTarget);
	const metrics = createMetrics({
		store,
		targets: settings.forwardTo,
		reasons: REFUSAL_REASONS,
	});
	let workers: Worker[] = [];
	const door = createDoor({
		...settings,
		store,
		metrics,
		onStored: () => {
			for (const worker of workers) worker.wake();
		},
	});
	for (const warning of settings.warnings) log.warn({}, warning);
	await logTargets(store);
	await listen(door, settings, { host: 'INBOX_HOST', port: 'INBOX_PORT' });
	const page = await startPage(settings, store);
	const budget = new Budget(SENDING_BUDGET_BYTES);
	workers = targets.map(
		(target) =>
			new Worker({
				...settings,
				...{ store, budget, target, client: createTargetClient(target.url) },
				onDelivered: () => {
					metrics.delivered(target.url);
				},
			}),
	);
	log.info(
		{},
		`The inbox listens on http://${settings.host}:${settings.port}, and keeps its events in ${describeStore(settings.store)}.`,
	);

	const tidying = setInterval(() => {
		store.tidy(settings.keep).catch((error: unknown) => {
			log.error({ error: String(error) }, 'The store could not be tidied.');
		});
	}, TIDY_INTERVAL_MS);

	const stop = async (signal: string) => {
		log.info({}, `${signal}: ending what is under way …`);
		clearInterval(tidying);
		const timer = setTimeout(() => {
			door.server.closeAllConnections();
		}, DRAIN_TIMEOUT_MS);
		await Promise.all([
			door.close(),
			page?.close(),
			...workers.map((worker) => worker.stop(DRAIN_TIMEOUT_MS)),
		]);
		clearTimeout(timer);
		await store.close();
		log.info({}, 'Stopped.');
		process.exit(0);
	};
	for (const signal of ['SIGTERM', 'SIGINT'] as const) {
		process.once(signal, () => void stop(signal));
	}
}

/** The operator's page, if it is on. */
async function startPage({ admin }: Settings, store: Store) {
	if (admin?.password === undefined) return undefined;
	const page = createPage({ password: admin.password, store });
	await listen(page, admin, { host: 'INBOX_ADMIN_HOST', port: 'INBOX_ADMIN_PORT' });
	log.info({}, `Its page is on http://${admin.host}:${admin.port}.`);
	return page;
}

async function logTargets(store: Store): Promise<void> {
	for (const { key, url: target, isCurrent, counts } of await store.overview()) {
		const undelivered = counts.waiting + counts.retrying + counts.failed;
		if (key === NO_TARGET) {
			log.warn({}, `INBOX_FORWARD_TO is empty: events wait, ${undelivered} by now.`);
		} else if (isCurrent) {
			log.info(
				{ target },
				`Events go to ${target}; ${undelivered} wait for it, ${counts.failed} of them have failed.`,
			);
		} else {
			log.warn(
				{ target },
				`${target} has left INBOX_FORWARD_TO and has not got ${undelivered} events: move them to another target or discard them on the operator's page.`,
			);
		}
	}
}
