import './node-version';

import { Courier } from './courier';
import { createDoor } from './door';
import { listen } from './listen';
import { harmless, log } from './log';
import { createMetrics } from './metrics';
import { createPage } from './page/page';
import { readSettings, SettingError, type Settings } from './settings';
import { describeStore, openStore } from './store/open';
import { NO_TARGET, type Store } from './store/store';

/* All in milliseconds. */
const TIDIED_EVERY = 60_000;
/** Of the 30 s that a stop may take. */
const UNDER_WAY_MAY_TAKE = 20_000;

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
	const { forwardTo: targets } = settings;
	const metrics = createMetrics(store, targets);
	let couriers: Courier[] = [];
	const door = createDoor({
		...settings,
		store,
		metrics,
		onStored: () => {
			for (const courier of couriers) courier.wake();
		},
	});
	for (const warning of settings.warnings) log.warn({}, warning);
	await logTargets(store);
	await listen(door, settings, { host: 'INBOX_HOST', port: 'INBOX_PORT' });
	const page = await startPage(settings, store);
	couriers = targets.map((target) => new Courier({ ...settings, store, metrics, target }));
	log.info(
		{},
		`The inbox listens on http://${settings.host}:${settings.port}, and keeps its events in ${describeStore(settings.store)}.`,
	);

	const tidying = setInterval(() => {
		store.tidy(settings.keep).catch((error: unknown) => {
			log.error({ error: String(error) }, 'The store could not be tidied.');
		});
	}, TIDIED_EVERY);

	const stop = async (signal: string) => {
		log.info({}, `${signal}: ending what is under way …`);
		clearInterval(tidying);
		const timer = setTimeout(() => {
			door.server.closeAllConnections();
		}, UNDER_WAY_MAY_TAKE);
		await Promise.all([
			door.close(),
			page?.close(),
			...couriers.map((courier) => courier.stop(UNDER_WAY_MAY_TAKE)),
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
	for (const { target, isCurrent, counts } of await store.overview()) {
		const undelivered = counts.waiting + counts.retrying + counts.parked;
		if (target === NO_TARGET) {
			log.warn({}, `INBOX_FORWARD_TO is empty: events wait, ${undelivered} by now.`);
		} else if (isCurrent) {
			log.info(
				{ target },
				`Events go to ${target}; ${undelivered} wait for it, ${counts.parked} of them parked.`,
			);
		} else {
			log.warn(
				{ target },
				`${target} has left INBOX_FORWARD_TO and has not got ${undelivered} events: move them to another target or discard them on the operator's page.`,
			);
		}
	}
}
