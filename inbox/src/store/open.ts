import { SettingError, type Settings } from '../settings';
import { SqlStore } from './sql-store';
import { openSqlite } from './sqlite';
import type { Store } from './store';

/** Opens the store that is set. @throws {SettingError} if it cannot be */
export async function openStore({
	store,
	forwardTo,
}: Pick<Settings, 'store' | 'forwardTo'>): Promise<Store> {
	try {
		return await SqlStore.open(openSqlite(store), forwardTo);
	} catch (error) {
		const reason = error instanceof Error ? error.message : String(error);
		throw new SettingError(`INBOX_STORE is ${store}, which cannot be used: ${reason}.`);
	}
}
