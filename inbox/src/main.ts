import './node-version';

import { Courier } from './courier';
import { createDoor } from './door';
import { log } from './log';
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
		error instanceof SettingError ? error.message : `The inbox did not start: ${String(error)}`;
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
	for (const warning of settings.warnings) log(warning);
	await logTargets(store);
	await listen(door, settings, 'INBOX_PORT');
	const page = settings.page && createPage({ ...settings.page, store });
	if (page) await listen(page, { ...settings, ...settings.page }, 'INBOX_PAGE_PORT');
	couriers = targets.map((target) => new Courier({ ...settings, store, metrics, target }));
	log(
		`The inbox listens on http://${settings.host}:${settings.port}, and keeps its events in ${describeStore(settings.store)}.`,
	);
	if (settings.page) log(`Its page is on http://${settings.host}:${settings.page.port}.`);

	const tidying = setInterval(() => {
		store.tidy(settings.keep).catch((error: unknown) => {
			log(`The store could not be tidied: ${String(error)}`);
		});
	}, TIDIED_EVERY);

	const stop = async (signal: string) => {
		log(`${signal}: ending what is under way …`);
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
		log('Stopped.');
		process.exit(0);
	};
	for (const signal of ['SIGTERM', 'SIGINT'] as const) {
		process.once(signal, () => void stop(signal));
	}
}

type Address = Pick<Settings, 'host' | 'port'>;

async function listen(
	server: { listen(address: Address): Promise<unknown> },
	{ host, port }: Address,
	setting: string,
): Promise<void> {
	try {
		await server.listen({ host, port });
	} catch (error) {
		const { code = '' } = error as NodeJS.ErrnoException;
		if (code === 'EADDRINUSE') {
			throw new SettingError(`${setting} is ${port}, and another program listens there.`);
		}
		if (code === 'EACCES') {
			throw new SettingError(`${setting} is ${port}, and this user may not listen there.`);
		}
		if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND') {
			throw new SettingError(`INBOX_HOST is ${host}, which is no address of this machine.`);
		}
		throw error;
	}
}

async function logTargets(store: Store): Promise<void> {
	for (const { target, isCurrent, counts } of await store.overview()) {
		const undelivered = counts.waiting + counts.retrying + counts.parked;
		if (target === NO_TARGET) {
			log(`INBOX_FORWARD_TO is empty: events wait, ${undelivered} by now.`);
		} else if (isCurrent) {
			log(`Events go to ${target}; ${undelivered} wait for it, ${counts.parked} of them parked.`);
		} else {
			log(
				`${target} has left INBOX_FORWARD_TO and has not got ${undelivered} events: move them to another target or discard them on the operator's page.`,
			);
		}
	}
}
