import {
	closeSync,
	copyFileSync,
	existsSync,
	fsyncSync,
	openSync,
	renameSync,
	rmSync,
} from 'node:fs';
import { DatabaseSync } from 'node:sqlite';

import { SettingError } from '../settings';
import { cannotBeUsed, isPostgres } from '../store/open';
import { InUseError, lockFile } from '../store/sqlite';
import { checkSqliteVersion } from '../store/sqlite-schema';
import { giveToFolderOwner } from './owner';

/** Files that belong to a SQLite file, by the ends of their names. */
const PARTS = ['', '-wal', '-shm'];

/**
 * Writes a copy of the store, as it is at one moment, also while an inbox uses it.
 *
 * @returns what was done, in a sentence
 * @throws {SettingError}
 */
export function backUp(store: string, file: string): string {
	refusePostgres(store, 'pg_dump --schema=koeiq_inbox');
	if (existsSync(file))
		throw new SettingError(
			`${file} already exists. Choose another name: a backup never replaces a file.`,
		);
	const partial = `${file}.partial`;
	rmSync(partial, { force: true });
	try {
		using database = new DatabaseSync(store, { readOnly: true, timeout: 5_000 });
		checkSqliteVersion(database);
		database.prepare('VACUUM INTO ?').run(partial);
	} catch (error) {
		rmSync(partial, { force: true });
		throw cannotBeUsed('INBOX_STORE', store, error);
	}
	sync(partial);
	renameSync(partial, file);
	return `${file} is a copy of ${store}.`;
}

/**
 * Puts a backup in the place of the store; what was there is kept beside it.
 *
 * @returns what was done, in a sentence
 * @throws {SettingError} also while an inbox uses the store
 */
export function restore(store: string, file: string): string {
	refusePostgres(store, 'psql');
	check(file);
	const old = `${store}.old`;
	let lock: DatabaseSync;
	try {
		lock = lockFile(`${store}.lock`);
	} catch (error) {
		if (error instanceof InUseError)
			throw new SettingError('Stop the inbox first: it is using the store.');
		throw cannotBeUsed('INBOX_STORE', store, error);
	}
	try {
		if (existsSync(old)) {
			throw new SettingError(`${old} already exists, from an earlier restore. Move it away first.`);
		}
		const partial = `${store}.partial`;
		copyFileSync(file, partial);
		sync(partial);
		const isThere = existsSync(store);
		// A log that stayed would be taken for that of the restored file.
		for (const end of PARTS) if (existsSync(store + end)) renameSync(store + end, old + end);
		renameSync(partial, store);
		giveToFolderOwner(store);
		return `Restored ${store} from ${file}.${isThere ? ` The previous store is now ${old}.` : ''}`;
	} finally {
		lock.close();
	}
}

function refusePostgres(store: string, program: string): void {
	if (!isPostgres(store)) return;
	throw new SettingError(`INBOX_STORE is a PostgreSQL database. Use ${program} instead.`);
}

function check(file: string): void {
	try {
		using database = new DatabaseSync(file, { readOnly: true });
		const [row] = database.prepare('PRAGMA quick_check(1)').all();
		if (row?.['quick_check'] !== 'ok') throw new Error('it is damaged');
		checkSqliteVersion(database);
	} catch (error) {
		throw new SettingError(`${file} cannot be restored: ${(error as Error).message}.`);
	}
}

/** Waits until it is on disk. */
function sync(file: string): void {
	const handle = openSync(file, 'r+');
	fsyncSync(handle);
	closeSync(handle);
}
