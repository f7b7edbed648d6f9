import { existsSync, rmSync } from 'node:fs';
import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { SettingError } from '../settings';
import { toStore } from '../settings/readers';
import {
	beginCopy,
	copyAll,
	countRows,
	finishCopy,
	isUnfinishedCopy,
	sourceOf,
} from '../store/copying';
import type { Database } from '../store/database';
import { hold, type Hold } from '../store/hold';
import { cannotBeUsed, describeStore, isPostgres } from '../store/open';
import { openPostgres } from '../store/postgres';
import { openSnapshot } from '../store/snapshot';
import { openSqlite } from '../store/sqlite';
import { giveToFolderOwner } from './owner';

const POLL_INTERVAL_MS = 200;
const PROGRESS_INTERVAL_MS = 2_000;

type Say = (line: string) => void;

/**
 * Copies a store to an empty one, or goes on with a copy of it that broke off. While an inbox uses the store, it copies
 * what is there, then waits until that inbox has stopped, and copies what has changed since.
 *
 * @throws {SettingError} if the stores cannot be used, or the other one is not empty
 */
export async function copy(from: string, toSetting: string, say: Say): Promise<void> {
	const to = toStore(toSetting, '--to');
	const source = isPostgres(from) ? describeStore(from) : resolve(from);
	if (from === to || (!isPostgres(to) && resolve(to) === source)) {
		throw new SettingError('INBOX_STORE and --to are the same store.');
	}
	// Before anything is made there.
	await open('INBOX_STORE', from, checkSource);
	const database = await open('--to', to, async (store) => await openTarget(store, source));
	try {
		let held = await hold(from);
		if (held === undefined) {
			say('An inbox is using the store. Copying what is there now …');
			await copyOnce(from, database, say);
			say(
				'Now stop the inbox, or restart it with the new INBOX_STORE. It starts when the copy is complete.',
			);
			held = await waitUntilStopped(from);
		}
		let counts: string;
		try {
			counts = await copyOnce(from, database, say);
			await finishCopy(database, isPostgres(to));
		} finally {
			await held.release();
		}
		say(`The copy is complete. Both stores have the same numbers of rows (${counts}).`);
		say(
			`Set INBOX_STORE to ${describeStore(to)}. Don't start an inbox on ${describeStore(from)} again: it would send its waiting events a second time.`,
		);
	} finally {
		await database.close();
		for (const store of [from, to]) if (!isPostgres(store)) giveToFolderOwner(store);
	}
}

async function waitUntilStopped(store: string): Promise<Hold> {
	for (;;) {
		const held = await hold(store);
		if (held !== undefined) return held;
		await sleep(POLL_INTERVAL_MS);
	}
}

/** @returns what was counted, in words */
async function copyOnce(from: string, to: Database, say: Say): Promise<string> {
	const snapshot = await openSnapshot(from);
	try {
		const counts = await countRows(snapshot);
		let saidAt = Date.now();
		await copyAll(snapshot, to, (events) => {
			if (Date.now() - saidAt < PROGRESS_INTERVAL_MS) return;
			saidAt = Date.now();
			say(`Copied ${events} of ${counts['events']} events`);
		});
		const [copied, expected] = [await countRows(to), counts].map(describe);
		if (copied === expected) return copied ?? '';
		throw new Error(`the two stores differ (the copy has ${copied}; the source has ${expected})`);
	} finally {
		await snapshot.close();
	}
}

function describe(counts: Record<string, number>): string {
	return Object.entries(counts)
		.map(([name, number]) => `${name}: ${number}`)
		.join(', ');
}

async function checkSource(from: string): Promise<void> {
	const snapshot = await openSnapshot(from);
	try {
		if (await isUnfinishedCopy(snapshot)) throw new Error('it is an unfinished copy');
	} finally {
		await snapshot.close();
	}
}

/** An empty store, or an unfinished copy of this source; no inbox can use it from then on. */
async function openTarget(to: string, source: string): Promise<Database> {
	const lock = isPostgres(to) ? undefined : `${to}.lock`;
	const hadLock = lock === undefined || existsSync(lock);
	let database: Database | undefined;
	try {
		database = isPostgres(to)
			? await openPostgres(to, 'koeiq-inbox command')
			: openSqlite({ file: to, minFreeBytes: 0, isInline: true });
		const unfinished = await sourceOf(database);
		if (unfinished === source) return database;
		if (unfinished !== undefined) throw new Error(`it holds an unfinished copy of ${unfinished}`);
		if (isPostgres(to)) {
			const held = await hold(to);
			if (held === undefined) throw new Error('an inbox is using it');
			await held.release();
		}
		const { events, targets } = await countRows(database);
		if (events !== 0 || targets !== 0) {
			throw new SettingError(
				`--to must be an empty store. ${describeStore(to)} is not empty (targets: ${targets}, events: ${events}). Nothing was copied.`,
			);
		}
		await beginCopy(database, source);
		return database;
	} catch (error) {
		await database?.close();
		if (!hadLock) rmSync(lock, { force: true });
		throw error;
	}
}

async function open<Opened>(
	name: string,
	store: string,
	opener: (store: string) => Promise<Opened>,
): Promise<Opened> {
	try {
		return await opener(store);
	} catch (error) {
		throw error instanceof SettingError ? error : cannotBeUsed(name, store, error);
	}
}
