import { harmless } from '../log';
import { SettingError, type Settings } from '../settings';
import { openPostgres } from './postgres';
import { SqlStore } from './sql-store';
import { openSqlite } from './sqlite';
import type { Store, Target } from './store';

/** Opens the store that is set. @throws {SettingError} if it cannot be */
export async function openStore({
	store,
	forwardTo,
	minFreeBytes,
}: Pick<Settings, 'store' | 'forwardTo' | 'minFreeBytes'>): Promise<Store> {
	try {
		const database = isPostgres(store)
			? await openPostgres(store)
			: openSqlite({ file: store, minFreeBytes });
		return await SqlStore.open(database, forwardTo.map(toTarget));
	} catch (error) {
		const reason = error instanceof Error ? error.message : String(error);
		throw new SettingError(
			`INBOX_STORE is ${describeStore(store)}, which cannot be used: ${harmless(reason)}.`,
		);
	}
}

/** For the log: the password of a database stays out of it. */
export function describeStore(store: string): string {
	if (!isPostgres(store)) return store;
	return `PostgreSQL at ${URL.canParse(store) ? new URL(store).host : 'a URL that cannot be read'}`;
}

/** Its key is the webhook id in n8n's path, so that a trigger stays the same target if n8n moves. */
export function toTarget(url: string): Target {
	const [, webhookId] = /\/webhook\/([^/]+)\/koeiq\/?$/.exec(new URL(url).pathname) ?? [];
	return { key: webhookId === undefined ? url : decodeURIComponent(webhookId), url, name: '' };
}

function isPostgres(store: string): boolean {
	return /^postgres(ql)?:\/\//i.test(store);
}
