#!/usr/bin/env node
import './node-version';

import { createAdmin } from './admin';
import { createApi } from './api/api';
import { runCommand } from './cli';
import { Budget } from './delivery/budget';
import { findDeadEnd } from './delivery/dead-end';
import { Listeners } from './delivery/listeners';
import { Sends } from './delivery/sends';
import { createTargetClient } from './delivery/target-client';
import { Workers } from './delivery/workers';
import { createDoor } from './door';
import { drain, inheritedSocket, listen } from './listen';
import { harmless, log } from './log';
import { createMetrics } from './metrics';
import { Notices } from './notices/notices';
import { send, sendTestNotice } from './notices/send';
import { createPage } from './page/page';
import { REFUSAL_REASONS } from './refusals';
import { readSettings, SettingError } from './settings';
import { targetUrl } from './settings/targets';
import { Signatures } from './signatures';
import { describeStore, openStore } from './store/open';
import { NO_TARGET, type Store } from './store/store';

const TIDY_INTERVAL_MS = 60_000;
/* Of the 30 s that a stop may take. */
const DRAIN_TIMEOUT_MS = 20_000;
const DOOR_DRAIN_TIMEOUT_MS = 7_000;
/** How long the operator's page waits for a target that does not say how it is. */
const LOOK_TIMEOUT_MS = 500;
/** Memory for large bodies that are sent, to all targets together. */
const SENDING_BUDGET_BYTES = 64 * 2 ** 20;

runCommand(process.argv.slice(2), serve).catch((error: unknown) => {
	const sentence =
		error instanceof SettingError
			? error.message
			: harmless(`koeiq-inbox failed: ${String(error)}`);
	process.stderr.write(`${sentence}\n`);
	process.exit(1);
});

async function serve(): Promise<void> {
	const settings = readSettings(process.env);
	const store = await openStore(settings);
	const metrics = createMetrics({
		...{ store, reasons: REFUSAL_REASONS },
		targetsUp: () => workers.up(),
	});
	const workers = new Workers({
		...settings,
		...{ store, budget: new Budget(SENDING_BUDGET_BYTES), createClient: createTargetClient },
		onStarted: (url) => {
			metrics.started(url);
		},
		onAttempt: (url, outcome) => {
			metrics.attempted(url, outcome);
		},
	});
	const sends = new Sends(store, () => {
		workers.wake();
	});
	const listeners = new Listeners({ store, createClient: createTargetClient });
	const status = (key: string) => workers.status(key);
	const { notify, keep } = settings;
	const notices = notify && new Notices({ store, status, notify, keep, send });
	const signatures = new Signatures();
	const door = createDoor({
		...settings,
		store,
		metrics: signatures.watch(metrics),
		onStored: () => {
			workers.wake();
			listeners.wake();
		},
		onNotStored: () => {
			notices?.onNotStored();
		},
	});
	for (const warning of settings.warnings) log.warn({}, warning);
	await logTargets(store);
	const { host, port } = settings;
	const fd = inheritedSocket(process.env);
	const address = { host, port, ...(fd !== undefined && { fd }) };
	await listen(door, address, { host: 'INBOX_HOST', port: 'INBOX_PORT' });
	const entrance = fd === undefined ? `port ${port} (INBOX_PORT)` : "the port of systemd's socket";
	const parts = { settings, store, workers, listeners, sends, signatures, entrance };
	const admin = await startAdmin(parts);
	signatures.recall(await store.takeRefused());
	// Nothing is sent before all is well.
	workers.start();
	sends.start();
	notices?.start();
	log.info(
		{},
		`The inbox listens on ${fd === undefined ? `http://${host}:${port}` : "systemd's socket"}, and stores its events in ${describeStore(settings.store)}.`,
	);

	const tidying = setInterval(() => {
		store.tidy(settings.keep).catch((error: unknown) => {
			log.error({ error: String(error) }, 'The store could not be cleaned up.');
		});
	}, TIDY_INTERVAL_MS);

	const stop = async (signal: string) => {
		log.info({}, `${signal}: stopping. Finishing the deliveries under way …`);
		clearInterval(tidying);
		listeners.stop();
		await Promise.all([
			...[admin?.close(), notices?.stop(), sends.stop()],
			workers.stop(DRAIN_TIMEOUT_MS),
		]);
		// Last: from then on until the next inbox starts, nobody takes what comes.
		await drain(door.server, DOOR_DRAIN_TIMEOUT_MS);
		await door.close();
		await noteRefused(signatures, store);
		await store.close();
		log.info({}, 'Stopped.');
		process.exit(0);
	};
	for (const signal of ['SIGTERM', 'SIGINT'] as const) {
		process.once(signal, () => void stop(signal));
	}
}

/** So that the page says it after a restart too: to correct a secret takes one. */
async function noteRefused({ all: refused }: Signatures, store: Store): Promise<void> {
	if (refused === undefined) return;
	await store.noteRefused(refused).catch((error: unknown) => {
		log.error({ error: String(error) }, 'What was refused could not be noted.');
	});
}

interface Parts {
	settings: ReturnType<typeof readSettings>;
	store: Store;
	workers: Workers;
	listeners: Listeners;
	sends: Sends;
	signatures: Signatures;
	/** Where webhooks are taken, in words. */
	entrance: string;
}

/** The operator's page, if it has a password, and the API, if it has a key. */
async function startAdmin(started: Parts) {
	const { settings, store, workers, listeners, sends, signatures, entrance } = started;
	const { admin, secrets, notify, keep } = settings;
	if (admin === undefined) return undefined;
	const { password, apiKey } = admin;
	const onTargetsChanged = async (registered?: string) => {
		await workers.reconcile();
		if (registered !== undefined) workers.registered(registered);
	};
	const page =
		password === undefined
			? undefined
			: createPage({
					...{ password, store, keep, onTargetsChanged },
					status: (key) => workers.status(key),
					look: async () => {
						await workers.look(LOOK_TIMEOUT_MS);
					},
					signatures,
					...(notify && { sendTestNotice: async () => await sendTestNotice(notify) }),
				});
	const api =
		apiKey === undefined
			? undefined
			: createApi({
					...{ apiKey, store, secrets, listeners, onTargetsChanged },
					readUrl: ({ isTest }) => targetUrl([settings, admin], { what: 'an http(s) URL', isTest }),
					findDeadEnd: async (url) => await findDeadEnd(url),
					onSent: () => {
						sends.wake();
						workers.wake();
					},
				});
	if (page === undefined && api === undefined) return undefined;
	const server = createAdmin({ entrance, ...(page && { page }), ...(api && { api }) });
	await listen(server, admin, { host: 'INBOX_ADMIN_HOST', port: 'INBOX_ADMIN_PORT' });
	const parts = [page && 'page', api && 'API'].filter((part) => part !== undefined);
	const are = parts.length === 1 ? 'is' : 'are';
	log.info({}, `Its ${parts.join(' and ')} ${are} on http://${admin.host}:${admin.port}.`);
	return server;
}

async function logTargets(store: Store): Promise<void> {
	for (const { key, url: target, name, state, counts } of await store.overview()) {
		const pending = counts.waiting + counts.retrying;
		const undelivered = pending + counts.failed;
		const title = name === '' ? target : `"${name}" at ${target}`;
		if (key === NO_TARGET) {
			log.warn({}, `There is no target. Events waiting: ${undelivered}.`);
		} else if (state === 'current') {
			log.info(
				{ target },
				`Events go to ${title} (waiting: ${pending}, failed: ${counts.failed}).`,
			);
		} else if (state === 'paused') {
			log.info({ target }, `Paused: ${title} (events kept for it: ${undelivered}).`);
		} else {
			log.warn(
				{ target },
				`Left: ${title} (undelivered events: ${undelivered}). Move them to another target, or discard them, on the inbox's page.`,
			);
		}
	}
}
