import { harmless } from '../log';
import { SettingError, type Settings } from '../settings';
import { isUnfinishedCopy } from './copying';
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
		if (await isUnfinishedCopy(database)) {
			await database.close();
			throw new Error('it is an unfinished copy. Run "koeiq-inbox copy" again to complete it');
		}
		return await SqlStore.open(database, forwardTo.map(toTarget));
	} catch (error) {
		throw cannotBeUsed('INBOX_STORE', store, error);
	}
}

export function cannotBeUsed(name: string, store: string, error: unknown): SettingError {
	const reason = error instanceof Error ? error.message : String(error);
	return new SettingError(`${name} cannot be used (${describeStore(store)}): ${harmless(reason)}.`);
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

export function isPostgres(store: string): boolean {
	return /^postgres(ql)?:\/\//i.test(store);
}
